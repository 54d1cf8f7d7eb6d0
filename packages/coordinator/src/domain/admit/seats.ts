import type { Timestamp } from "@rollcall/protocol";
import type { Fleet } from "../fleet.ts";
import type { InputOf, Verdict } from "../inputs.ts";
import { untoldSeats } from "../seats/empty-seats.ts";
import { accept } from "./verdict.ts";

/** Seats of these slots have been empty, or filled, for long enough. Recorded as it is now, where that was not told. */
export function seatsEmpty(fleet: Fleet, { slots }: InputOf<"seats-empty">, at: Timestamp): Verdict {
	return accept(untoldSeats(fleet, at).filter(({ slot }) => slots.includes(slot)));
}
