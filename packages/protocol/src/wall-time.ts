import { z } from "zod";

/** A date by a machine's own clock, whether that is right or not. Milliseconds since 1970, UTC; at most what a date can be (ECMA-262, "Time Values"). */
export const WallTime = z.int().min(0).max(8.64e15);
export type WallTime = z.infer<typeof WallTime>;

/** So far a machine's clock is ahead of the coordinator's, negative for behind. Milliseconds. */
export const ClockOff = z.int().min(-8.64e15).max(8.64e15);
