import type { Input } from "@rollcall/coordinator/simulator";
import type { BootId, MachineId, UserPublicKey } from "@rollcall/protocol";
import { factsOf, makeBoxes } from "./box.ts";
import type { Coordinator } from "./coordinator.ts";
import { changedDocument, makeDocument } from "./documents.ts";
import type { MoveKind } from "./moves.ts";
import type { Random } from "./random.ts";
import type { World } from "./world.ts";

/** What people do, well meant or not. */
export const OPERATOR_MOVES: Readonly<Record<string, MoveKind>> = {
	"another document is declared": { weight: 8, act: declare },
	"a person decides something about a machine": { weight: 10, act: operate },
	"somebody comes with a forged assignment": { weight: 2, act: forge },
};

function declare(world: World, luck: Random): void {
	const leader = world.leader();
	const current = leader?.fleet?.cluster?.document;
	const declared =
		current && luck.chance(0.7) ? changedDocument(luck, current) : makeDocument(luck, world.machines.length);
	leader?.ask({ kind: "declare", ...declared, by: "operator", answered: world.answering(leader) });
}

function operate(world: World, luck: Random): void {
	const machineId = luck.pick(world.machines).boot?.machineId;
	if (machineId === undefined) return;
	const by = "operator";
	const labels = { rack: `r${luck.int(1, 3)}`, pool: luck.pick(["a", "b"]) };
	const leader = world.leader();
	const command = commandOf(leader, { machineId, command: luck.pick(["reboot", "reset"]), luck });
	const inputs: Input[] = [
		{ kind: "approve", machineId, by },
		{ kind: "approve", machineId, by },
		{ kind: "reject", machineId, reason: "not ours", by },
		{ kind: "pin-role", machineId, role: luck.pick(["control-plane", "worker", "etcd"]), by },
		{ kind: "pin-role", machineId, role: null, by },
		{ kind: "label", machineId, labels, by },
		{ kind: "remove", machineId, by },
		{ kind: "remove", machineId, by },
		command,
		{ ...command, command: "reboot" },
	];
	const input = luck.pick(inputs);
	if (leader) world.askAsPerson(leader, input);
}

/** A command as the API hands it in. */
export function commandOf(
	leader: Coordinator | undefined,
	of: { readonly machineId: MachineId; readonly command: "reboot" | "reset"; readonly luck: Random },
): Extract<Input, { kind: "command" }> {
	const { machineId, command, luck } = of;
	const deadlineAt = (leader?.now() ?? 0) + 20_000;
	return { kind: "command", machineId, commandId: `cmd-${luck.hex(8)}`, command, deadlineAt, by: "operator" };
}

/** Somebody comes with an assignment that this fleet never signed. */
function forge(world: World, luck: Random): void {
	const [box] = makeBoxes(luck, 1);
	const stolen = luck.pick(world.machines).boot?.proof?.assignment;
	if (!box || !stolen) return;
	const bootId = luck.uuid() as BootId;
	const publicKey = `U${"A".repeat(55)}`;
	const facts = factsOf({ ...box, name: "forger" }, bootId, 0);
	const assignment = { ...stolen, machineId: `forged-${luck.hex(6)}` as MachineId, bootId, publicKey };
	const proof = { assignment, signer: "model", signature: "forged" };
	const request = { publicKey: publicKey as UserPublicKey, facts, proof };
	world.leader()?.ask({ kind: "enroll", request, proofValid: world.isSigned(proof), remote: "127.0.0.1" });
}
