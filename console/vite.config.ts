import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

/** Where `npm start` serves; `npm run dev` beside it shows a change of the console as it is saved. */
const SERVER = "http://127.0.0.1:4000";

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react()],
  worker: { format: "es" },
  build: { outDir: "dist", emptyOutDir: true, assetsInlineLimit: 0 },
  server: { proxy: { "/v1": SERVER, "/session": SERVER } },
});
