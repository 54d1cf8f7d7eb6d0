import { z } from "zod";

/** Where a lease stands. Heartbeats renew it in memory; only its transitions are events. */
export const LeaseState = z.enum(["alive", "suspect", "lost"]);
export type LeaseState = z.infer<typeof LeaseState>;
