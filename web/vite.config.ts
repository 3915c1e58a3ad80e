import { defineConfig } from "vitest/config";

// `npm run dev` serves the page on 5173 and hands everything else to a running local stack.
const functionApp = process.env["FUNCTION_APP"] ?? "http://localhost:7071";

export default defineConfig({
  base: "/settings/",
  build: {
    target: "es2022",
    // The function app adds these headers itself; an inlined asset would need a wider policy.
    assetsInlineLimit: 0,
    rolldownOptions: {
      onLog(level, log, report) {
        // Fluent UI marks its modules with React Server Components' "use client": of no use here.
        if (log.code !== "MODULE_LEVEL_DIRECTIVE") report(level, log);
      },
    },
  },
  // The function app puts a fresh nonce here with every answer (functions/page.py).
  html: { cspNonce: "%CSP_NONCE%" },
  server: {
    port: 5173,
    strictPort: true,
    proxy: { "/api": functionApp, "/.auth": functionApp },
  },
  test: { include: ["tests/**/*.test.ts"], environment: "node" },
});
