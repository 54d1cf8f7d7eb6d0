import { fleetFromJson, LogConflict, type LoopParts, migrateFleet, stateDigest } from "@rollcall/coordinator/simulator";
import { readSnapshot, snapshotText } from "./data-folder.ts";
import { askStore, type LogParts } from "./log.ts";

/** The states that stand for entries which were taken out of the log, in the log's own store. */
export function keptStates(parts: LogParts): LoopParts["states"] {
	const { store } = parts;
	const read = (text: string) => readSnapshot(text, (json) => fleetFromJson(migrateFleet(json)));
	const ask = <T>(work: () => T): Promise<T> => askStore(parts, "a state cannot be kept or read", work);
	return {
		keep: async (snapshot) => {
			const { newest, place } = await ask(() => ({ newest: store.states.at(-1), place: store.statesKept }));
			const before = newest === undefined ? undefined : read(newest);
			if (before?.origin === snapshot.origin && before.position > snapshot.position)
				throw new Error("a later state is kept already");
			const text = snapshotText(snapshot);
			await ask(() => {
				if (store.statesKept !== place) throw new LogConflict("another coordinator kept a state meanwhile");
				store.keepState(text, snapshot.position);
			});
			const back = read(await ask(() => store.states.at(-1) ?? ""));
			if (!back || stateDigest(back.fleet) !== stateDigest(snapshot.fleet))
				throw new Error("the state is not in its store as it was written");
		},
		look: async (origin) =>
			(await ask(() => store.states)).map(read).findLast((one) => one?.origin === origin)?.position,
		load: async (origin, to = Number.POSITIVE_INFINITY) =>
			(await ask(() => store.states)).map(read).findLast((one) => one?.origin === origin && one.position <= to),
	};
}
