import { AcceptedLoss } from "@rollcall/protocol";
import { z } from "zod";
import { isAtStake } from "../../domain/etcd/guard.ts";
import type { Machine } from "../../domain/fleet.ts";
import type { Guarded } from "../../domain/inputs.ts";
import type { Api } from "./dependencies.ts";

/** What a person typed to accept a loss that his request may cause. */
export const LossQuery = z.strictObject({ acceptLoss: AcceptedLoss.optional() });
export type LossQuery = z.infer<typeof LossQuery>;

/** What the quorum guard wants to know. Members of etcd are asked only where the machine, or a whole document, may take memory from it. */
export async function guarded(api: Api, { acceptLoss }: LossQuery, machine?: Machine): Promise<Guarded> {
	const mayCost = machine === undefined || isAtStake(api.core.fleet(), machine);
	const answered = acceptLoss === "etcd" || !mayCost ? undefined : await api.askVoters();
	return { ...(acceptLoss ? { acceptLoss } : {}), ...(answered ? { answered } : {}) };
}
