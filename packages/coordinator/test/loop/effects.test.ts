import type { Event, UserPublicKey } from "@rollcall/protocol";
import test from "ava";
import { EMPTY_FLEET } from "../../src/domain/fleet.ts";
import { revokeFenced, runEffects } from "../../src/loop/effects.ts";
import type { Bus } from "../../src/ports/bus.ts";
import type { Credentials } from "../../src/ports/credentials.ts";

/** Notes what it is asked to do; signs and issues nothing. */
function recorder(failing = false) {
	const revoked: UserPublicKey[][] = [];
	const notices: [string, number][] = [];
	const errors: string[] = [];
	const credentials = {
		revoke: async (keys: readonly UserPublicKey[]) => {
			revoked.push([...keys]);
			if (failing) throw new Error("the bus is away");
		},
	} as unknown as Credentials;
	const bus = {
		notifyTarget: (machineId: string, generation: number) => notices.push([machineId, generation]),
	} as unknown as Bus;
	return {
		revoked,
		notices,
		errors,
		parts: { credentials, bus, failpoint: () => {}, onError: (what: string) => errors.push(what) },
	};
}

const fenced = (publicKey: string) =>
	({ type: "incarnation-fenced", seq: 1, at: 1, machineId: "m-1", publicKey }) as unknown as Event;
const issued = { type: "target-issued", seq: 2, at: 1, machineId: "m-1", generation: 7 } as unknown as Event;

test("a new leader ends the credentials of fenced boots again, and of nobody else", async (t) => {
	const { revoked, parts } = recorder();
	await revokeFenced([fenced("UA"), issued, fenced("UB")], parts);
	t.deepEqual(revoked, [["UA", "UB"]]);
	await revokeFenced([issued], parts);
	t.is(revoked.length, 1);
});

test("a target that was issued is told to its machine", async (t) => {
	const { notices, parts } = recorder();
	await runEffects(EMPTY_FLEET, [issued], parts);
	t.deepEqual(notices, [["m-1", 7]]);
});

test("credentials that cannot be ended now are reported and stop nothing", async (t) => {
	const { errors, parts } = recorder(true);
	await runEffects(EMPTY_FLEET, [fenced("UA")], parts);
	await revokeFenced([fenced("UA")], parts);
	t.is(errors.length, 2);
});
