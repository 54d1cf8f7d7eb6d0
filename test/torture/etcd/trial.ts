import { eventually } from "@rollcall/test-support/eventually";
import type { Scope } from "@rollcall/test-support/own-folder";
import { Random } from "../../simulator/random.ts";
import { Fault } from "../fault.ts";
import type { Timeline } from "../timeline.ts";
import { nextRound, roundsNamed } from "./rounds.ts";
import { EtcdScene } from "./scene.ts";

/** One trial with etcd: a cluster of three or five members, and rounds until `goesOn` says no. Returns how many. Throws a Fault, and an Error for what did not come in time. */
export async function runEtcdTrial(
	scope: Scope,
	trial: {
		readonly seed: number;
		readonly timeline: Timeline;
		readonly goesOn: (rounds: number) => boolean;
		/** Texts that are in the names of rounds, whose turn comes one after the other; any round without them. */
		readonly only?: readonly string[] | undefined;
	},
	keep: (name: string, text: () => string) => void,
): Promise<number> {
	const { seed, timeline } = trial;
	const random = new Random(seed);
	const members = random.pick([3, 3, 5]);
	timeline.tell(`etcd trial of seed ${seed}: ${members} members`);
	const scene = await EtcdScene.start(scope, { machines: members + 1, members }, keep);
	timeline.tell("etcd is founded");
	let rounds = 0;
	for (; rounds === 0 || trial.goesOn(rounds); rounds++) {
		const text = trial.only?.[rounds % trial.only.length];
		const round = text === undefined ? nextRound(random) : random.pick(roundsNamed(text));
		timeline.tell(`round ${rounds + 1}: ${round.name}`);
		if (round.falls) for (const stream of scene.streams) stream.mayFallBack(true);
		const until = await round.run(scene, random);
		for (const words of await check(scene, until)) timeline.tell(words);
		if (round.falls) for (const stream of scene.streams) stream.mayFallBack(false);
	}
	for (const { acknowledged, keeps } of scene.streams)
		timeline.tell(`${rounds} rounds, ${acknowledged} acknowledged writes found again, of ${keeps}`);
	return rounds;
}

/** Waits until all is well, and looks for what was acknowledged; what was found, in words. A read that is refused is asked again; what is missing is missing. */
async function check(scene: EtcdScene, until: number | undefined): Promise<readonly string[]> {
	let fault: Fault | undefined;
	let found: string[] = [];
	await eventually("what was acknowledged to be read", async () => {
		const address = await scene.settled();
		try {
			found = [];
			for (const stream of scene.streams) {
				const { acknowledged, keeps } = stream;
				found.push(`${acknowledged} ${keeps} acknowledged before, ${await stream.check(address, until)} there`);
			}
		} catch (error) {
			if (!(error instanceof Fault)) throw error;
			fault = error;
		}
		return true;
	});
	if (fault) throw fault;
	return found;
}
