import type { Input } from "@rollcall/coordinator";
import type { BootId, MachineId } from "@rollcall/protocol";
import { factsOf, makeBoxes, makeMac } from "./box.ts";
import { makeDocument } from "./documents.ts";
import { inputOf } from "./inputs.ts";
import { FAIR } from "./network.ts";
import type { World } from "./world.ts";

type Action = (world: World) => void;

/** What can go wrong, and what people do, each with its weight. */
const ACTIONS: readonly (readonly [number, Action])[] = [
	[12, (world) => world.random.pick(world.agents).powerOn()],
	[3, (world) => world.random.pick(world.agents).powerOn(true)],
	[5, (world) => offForAWhile(world, 1)],
	[1, (world) => offForAWhile(world, world.agents.length)],
	[6, (world) => world.random.pick(world.agents).restartProcess()],
	[6, (world) => cutOff(world, world.random.pick(world.agents).box.name)],
	[2, (world) => cutOff(world, world.random.pick(world.coordinators).name)],
	[4, (world) => world.random.pick(world.agents).ail(world.random.chance(0.5))],
	[4, crashCoordinator],
	[3, (world) => pauseCoordinator(world)],
	[2, (world) => world.random.pick(world.coordinators).keepSnapshot()],
	[2, (world) => moveClock(world)],
	[1, (world) => world.log.lose()],
	[3, changeNics],
	[3, badWeather],
	[4, (world) => declare(world)],
	[10, (world) => operate(world)],
	[2, forge],
];

/** Does one thing by chance. */
export function act(world: World): void {
	const total = ACTIONS.reduce((sum, [weight]) => sum + weight, 0);
	let at = world.random.next() * total;
	for (const [weight, action] of ACTIONS) {
		at -= weight;
		if (at < 0) {
			action(world);
			return;
		}
	}
}

/** Ends all faults: everything is on, connected and right. */
export function calm(world: World): void {
	world.network.weather = FAIR;
	world.network.cut.clear();
	world.applyFailure = 0;
	for (const coordinator of world.coordinators) {
		coordinator.crashNext = undefined;
		coordinator.pausedUntil = 0;
		if (!coordinator.up) coordinator.start();
	}
	const leader = world.leader();
	for (const { machineId, approval } of world.checker.truth.machines.values()) {
		if (approval !== "approved") leader?.receive({ kind: "approve", machineId, by: "operator" }, () => {});
	}
	for (const agent of world.agents) agent.endDoubles();
	// A box that believes to be over is booted again by whoever finds it so.
	for (const agent of world.agents) if (!agent.boot || agent.boot.over) agent.powerOn();
}

function offForAWhile(world: World, count: number): void {
	for (const agent of count === 1 ? [world.random.pick(world.agents)] : world.agents) {
		agent.powerOff();
		world.schedule.after(world.random.int(1_000, 40_000), () => !agent.boot && agent.powerOn());
	}
}

function cutOff(world: World, name: string): void {
	world.network.cut.add(name);
	world.schedule.after(world.random.int(1_000, 30_000), () => world.network.cut.delete(name));
}

function crashCoordinator(world: World): void {
	const coordinator = world.random.pick(world.coordinators);
	const when = world.random.pick(["now", "before-append", "after-append"] as const);
	if (when === "now") coordinator.crash();
	else coordinator.crashNext = when;
	world.schedule.after(world.random.int(500, 15_000), () => {
		coordinator.crashNext = undefined;
		if (!coordinator.up) coordinator.start();
	});
}

function pauseCoordinator(world: World): void {
	const coordinator = world.random.pick(world.coordinators);
	coordinator.pausedUntil = world.schedule.now + world.random.int(500, 8_000);
	// The real loop notices a gap between its ticks and forgives the silence in it.
	const until = coordinator.pausedUntil;
	world.schedule.after(until - world.schedule.now - 1, () => coordinator.heard.restart(coordinator.now() + 10_000));
}

function moveClock(world: World): void {
	const coordinator = world.random.pick(world.coordinators);
	if (coordinator.leads) return;
	coordinator.clockOffset = world.random.int(-3_000, 3_000);
}

function changeNics(world: World): void {
	const agent = world.random.pick(world.agents);
	agent.box.macs = world.random.chance(0.5)
		? [...agent.box.macs.slice(0, 1), makeMac(world.random)]
		: [makeMac(world.random)];
	agent.powerOff();
	world.schedule.after(20_000, () => !agent.boot && agent.powerOn());
}

function badWeather(world: World): void {
	const { random } = world;
	world.network.weather = { loss: random.next() * 0.3, double: random.next() * 0.3, late: random.next() * 0.1 };
	world.applyFailure = random.next() * 0.3;
	world.schedule.after(random.int(2_000, 20_000), () => {
		world.network.weather = FAIR;
		world.applyFailure = 0;
	});
}

/** Somebody comes with an assignment that this fleet never signed. */
function forge(world: World): void {
	const { random } = world;
	const [box] = makeBoxes(random, 1);
	const stolen = random.pick(world.agents).boot?.proof?.assignment;
	if (!box || !stolen) return;
	const bootId = random.uuid() as BootId;
	const publicKey = `U${"A".repeat(55)}`;
	const facts = factsOf({ ...box, name: "forger" }, bootId, 0);
	const assignment = { ...stolen, machineId: `forged-${random.hex(6)}` as MachineId, bootId, publicKey };
	const proof = { assignment, signer: "model", signature: "forged" };
	world.leader()?.receive(inputOf(world, { kind: "enroll", facts, publicKey, token: undefined, proof }), () => {});
}

function declare(world: World): void {
	const declared = makeDocument(world.random, world.agents.length);
	submit(world, { kind: "declare", ...declared, by: "operator" }, () => {
		world.declared = declared;
	});
}

function operate(world: World): void {
	const { random } = world;
	const machineId = random.pick(world.agents).boot?.machineId;
	if (machineId === undefined) return;
	const by = "operator";
	const labels = { rack: `r${random.int(1, 3)}`, pool: random.pick(["a", "b"]) };
	const commandId = `cmd-${random.hex(8)}`;
	const deadlineAt = world.wallClock() + 20_000;
	const inputs: Input[] = [
		{ kind: "approve", machineId, by },
		{ kind: "approve", machineId, by },
		{ kind: "reject", machineId, reason: "not ours", by },
		{ kind: "pin-role", machineId, role: random.pick(["control-plane", "worker", "etcd"]), by },
		{ kind: "pin-role", machineId, role: null, by },
		{ kind: "label", machineId, labels, by },
		{ kind: "remove", machineId, by },
		{ kind: "command", machineId, commandId, command: random.pick(["reboot", "reset"]), deadlineAt, by },
		{ kind: "command", machineId, commandId, command: "reboot", deadlineAt, by },
	];
	submit(world, random.pick(inputs), () => {});
}

/** An operator asks the leader, and gives up when there is none. */
function submit(world: World, input: Input, then: () => void): void {
	const leader = world.leader();
	leader?.receive(input, (reply) => reply.kind === "ok" && then());
}
