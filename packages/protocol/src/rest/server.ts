import { z } from "zod";

/** `GET /healthz`, `GET /readyz`. */
export const Alive = z.strictObject({ ok: z.literal(true) });
/** `GET /readyz`. `warning`: it will not stay so, or an error of the coordinator holds something up; `GET /v1/status` says why. */
export const Ready = z.strictObject({ ok: z.literal(true), warning: z.enum(["log-filling", "own-error"]).optional() });
/** `GET /metrics`: the text format of Prometheus. */
export const MetricsText = z.string();
/** `GET /v1/openapi.json`: an OpenAPI 3.1 document. */
export const OpenApiDocument = z.record(z.string(), z.unknown());
