/**
 * Keeps the API of a cluster with everything that a coordinator has for it, from inside of the nodes' network: its own certificate,
 * add-ons, the watch of the nodes. Reads JSON: the events of a fleet and the folder of its authorities. Prints each new event.
 */
import { admit, apply, EMPTY_FLEET, type Fleet, record } from "@rollcall/coordinator/simulator";
import { createClock, createPki, ownAccess, renderTarget, startClusterKeeper } from "@rollcall/coordinator/trials";
import type { Event } from "@rollcall/protocol";

const chunks: Buffer[] = [];
for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
const given = JSON.parse(Buffer.concat(chunks).toString()) as { events: Event[]; authorities: string };
let fleet: Fleet = given.events.reduce(apply, EMPTY_FLEET);
// What was rehearsed is real here.
fleet = {
	...fleet,
	machines: fleet.machines.map((machine) => ({ ...machine, facts: { ...machine.facts, rehearsal: false } })),
};
const clock = createClock();
const pki = createPki(given.authorities, clock);
const say = (level: string) => (what: { err?: Error }, text: string) =>
	process.stderr.write(`${level}: ${text}: ${what.err?.message ?? ""}\n`);
const core: Parameters<typeof startClusterKeeper>[0]["core"] = {
	fleet: () => fleet,
	leadership: () => ({ leads: true, url: undefined }),
	actsIn: () => 1,
	ready: () => ({ ready: true, reason: "" }),
	subscribe: () => () => undefined,
	beat: () => undefined,
	events: async () => [],
	async submit(input) {
		const verdict = admit(fleet, input, Date.now());
		const recorded = record(fleet, verdict.events, Date.now());
		fleet = recorded.fleet;
		for (const event of recorded.events) process.stdout.write(`${JSON.stringify(event)}\n`);
		return verdict.answer;
	},
};
startClusterKeeper({
	coordinatorId: "c-1",
	core,
	clock,
	// Everybody is where they are to be; when API servers began anew is the test's affair.
	summarize: ({ machines }, { machineId }) => {
		const digest = machines.get(machineId)?.target?.digest;
		return digest && { ok: true, digest, deadlineSeconds: 60 };
	},
	render: renderTarget,
	certificateSeconds: 3600,
	pki,
	access: ownAccess({ core, clock, pki }),
	log: { warn: say("warning") } as never,
});
