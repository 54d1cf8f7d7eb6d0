import { type AgentParts, createTargetFiles, type Units } from "@rollcall/agent/simulator";
import { WRITE_ROOTS } from "@rollcall/protocol";
import { must } from "../broken.ts";
import type { World } from "../world.ts";
import type { AgentProcess } from "./agent-process.ts";
import type { Boot } from "./boot.ts";
import { simulatedKeyring } from "./keys.ts";
import { wires } from "./link.ts";
import { createProber, type Probed } from "./probes.ts";

/** What a boot offers to a process of its agent. */
interface Offered {
	readonly agent: AgentProcess;
	readonly units: Units;
	/** Why a component is not well. */
	readonly troubleOf: (probe: Probed) => string | undefined;
	readonly isGoingDown: () => boolean;
}

/** What the shipped agent gets of the simulated machine. */
export function agentParts(world: World, boot: Boot, { agent, units, troubleOf, isGoingDown }: Offered): AgentParts {
	const { random, schedule } = world;
	const { process } = agent;
	const wall = (): number => world.wallClock();
	const told = (message: string, fields: Record<string, string | number> = {}): void => {
		if (!process.alive) return;
		must(message !== "unexpected", "nothing throws", () => `${boot.machine.box.name}: ${fields.reason}`);
		if (message.startsWith("fenced:")) boot.over = true;
		world.story.tell(`  ${boot.machine.box.name}: ${message} ${JSON.stringify(fields)}`);
	};
	return {
		files: createTargetFiles({ root: "/", writeRoots: WRITE_ROOTS }, agent.gated(boot.disk)),
		units: agent.gated(units),
		createProber: () => createProber(troubleOf, boot.rules),
		lastWords: async () => undefined,
		memory: agent.gated(boot.state),
		podKernel: { bring: async () => 0, clear: async () => {} },
		etcdData: agent.gated(boot.folder),
		timeFiles: { put: () => false },
		keyring: simulatedKeyring(random, wall),
		sign: (seed) => seed,
		facts: { read: async () => boot.machine.facts(boot.bootId) },
		...wires(world, boot, agent),
		clock: {
			monotonic: () => schedule.now - boot.since - boot.sleep.passed,
			sinceBoot: () => schedule.now - boot.since,
			wall,
			sleep: (ms, signal) => process.sleep(ms, signal),
		},
		log: { debug: () => {}, info: () => {}, warn: told, error: told },
		random: () => random.next(),
		rejoinAfterMs: 20_000,
		writeRoots: WRITE_ROOTS,
		isGoingDown: async () => isGoingDown(),
		createKeys: () => ({ seed: boot.publicKey, publicKey: boot.publicKey }),
		signers: [],
		trust: { authority: () => undefined, believe: () => {}, fault: () => undefined },
		token: () => boot.token,
		dropToken: () => {
			boot.token = undefined;
		},
		ready: () => {},
		standIns: false,
	};
}
