import { setTimeout as pause } from "node:timers/promises";
import { must } from "../fault.ts";
import { PROGRAMS, pidsOf, send } from "./programs-of.ts";
import type { Round } from "./round.ts";
import { CERTIFICATE_SECONDS } from "./scene.ts";

/** The part of their lives that certificates have left at least, less what this takes itself. */
const LEFT = 0.55;

/** They take minutes, so they come seldom. */
export const LONG: readonly Round[] = [
	{
		name: "no coordinator for as long as certificates are promised to last",
		async run(scene, random) {
			const held = await scene.members();
			const one = random.pick(held);
			await scene.restart(0, {
				async whileAway() {
					const until = performance.now() + CERTIFICATE_SECONDS * LEFT * 1000;
					// What starts anew meanwhile needs no coordinator, either.
					send(pidsOf(one.seat, PROGRAMS), "SIGKILL");
					await scene.answersAt(one);
					await pause(Math.max(0, until - performance.now()));
					for (const each of held) await scene.answersAt(each);
					const before = scene.streams.map(({ acknowledged }) => acknowledged);
					await pause(5000);
					for (const [index, { acknowledged, keeps }] of scene.streams.entries())
						must(acknowledged > (before[index] ?? 0), `${keeps} are written without a coordinator`, () =>
							String(acknowledged),
						);
				},
			});
			return undefined;
		},
	},
	{
		name: "no coordinator until all certificates have ended",
		async run(scene) {
			await scene.restart(CERTIFICATE_SECONDS + 10);
			return undefined;
		},
	},
];
