import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

// The built files lie inside the Python package, so that one process serves everything and the wheel carries them.
export default defineConfig({
  plugins: [react()],
  build: {
    outDir: "../src/longpole/server/dashboard_files",
    emptyOutDir: true,
    // An inlined font or picture would need a wider content security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // What is minified keeps no notices, and its licences ask for them.
    license: { fileName: "licences.txt" },
  },
  // While pages are made: `API=http://127.0.0.1:PORT npx vite --port FREE` shows them over that server.
  server: { proxy: { "/api": { target: process.env.API ?? "http://127.0.0.1:7667", ws: true } } },
  // Tests of components (.test.tsx) say in their first line that they want a document.
  test: { environment: "node", include: ["src/**/*.test.{ts,tsx}"] },
});
