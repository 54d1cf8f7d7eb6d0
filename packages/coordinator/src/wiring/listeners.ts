import type { Logger } from "pino";
import type { OwnTls } from "../adapters/pki/own-tls.ts";
import { keepListeners } from "../keepers/listener-keeper.ts";
import { begin, toldTo } from "../keepers/rounds.ts";
import type { Bus } from "../ports/bus.ts";
import type { Clock } from "../ports/clock.ts";
import type { Core } from "../ports/core.ts";
import { listenersSaid } from "./listeners-said.ts";

/** Has the listeners show what the log says, and machines told of it. Returns how to end it. */
export function followListeners(
	own: OwnTls,
	parts: {
		readonly core: Core;
		readonly bus: Bus;
		readonly clock: Clock;
		readonly log: Logger;
		readonly ofBus: string | undefined;
	},
): () => Promise<void> {
	const { core, log } = parts;
	void own.follow(listenersSaid(core));
	const unsubscribe = core.subscribe(({ type }) => {
		if (type === "listeners-changed") void own.look();
	});
	const keeper = { ...parts, listeners: own, onTrouble: toldTo(log) };
	const end = begin((signal) => keepListeners(keeper, signal));
	return () => {
		unsubscribe();
		return end();
	};
}
