import react from "@vitejs/plugin-react";
import { defineConfig, type HtmlTagDescriptor, type Plugin } from "vite";

/** Where `npm start` serves; `npm run dev` beside it shows a change of the console as it is saved. */
const SERVER = "http://127.0.0.1:4000";

/** What every screen needs is one file; a screen is one more. Without this each thing that two screens share is a file and a request. */
const BASE = /node_modules\/(?:react|react-dom|scheduler|@tanstack)\/|console\/src\/(?:(?:api|ui)\/[^/]+|[^/]+\.tsx)$/;

/** What asks before all else, without the base. */
const FIRST = /console\/src\/(?:start|first-asked|api\/client|screens\/(?:home|runs)\/reads)\.ts$/;

const named = (rel: string, file: string): HtmlTagDescriptor => ({
  tag: "link",
  attrs: { rel, crossorigin: true, href: `/${file}` },
  injectTo: "head",
});

/** The page names the base, too: known only from its first file, it would come after it. */
const baseNamed: Plugin = {
  name: "base-named",
  transformIndexHtml: (_, { bundle = {} }) =>
    Object.values(bundle).flatMap((file) =>
      file.type === "chunk" && file.name === "base"
        ? [
            named("modulepreload", file.fileName),
            ...[...(file.viteMetadata?.importedCss ?? [])].map((style) => named("stylesheet", style)),
          ]
        : [],
    ),
};

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react(), baseNamed],
  worker: { format: "es" },
  build: {
    outDir: "dist",
    modulePreload: { polyfill: false },
    emptyOutDir: true,
    assetsInlineLimit: 0,
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            { name: "first", test: FIRST, priority: 1 },
            { name: "base", test: BASE },
          ],
        },
      },
    },
  },
  server: { proxy: { "/v1": SERVER, "/session": SERVER } },
});
