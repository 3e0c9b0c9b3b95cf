import { defineConfig } from "vitest/config";

export default defineConfig({
  define: { VERSION: JSON.stringify("0.0.0") },
  test: { environment: "happy-dom", include: ["test/**/*.test.ts"], restoreMocks: true },
});
