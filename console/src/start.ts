// The server answers while the rest of the page comes: what is dear to answer is asked first.
import "./styles.css";
import "./first-asked.ts";

void import("./main.tsx");
