import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

/** Where `npm start` serves; `npm run dev` beside it shows a change of the console as it is saved. */
const SERVER = "http://127.0.0.1:4000";

/** What every screen needs is one file; a screen is one more. Without this each thing that two screens share is a file and a request. */
const BASE = /node_modules\/(?:react|react-dom|scheduler|@tanstack)\/|console\/src\/(?:api|ui)\/[^/]+$/;

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react()],
  worker: { format: "es" },
  build: {
    outDir: "dist",
    emptyOutDir: true,
    assetsInlineLimit: 0,
    rolldownOptions: { output: { codeSplitting: { groups: [{ name: "base", test: BASE }] } } },
  },
  server: { proxy: { "/v1": SERVER, "/session": SERVER } },
});
