import { inDates } from "../domain/clocks/log-clock.ts";
import { describe } from "../domain/views/describe.ts";
import { trustKeeper } from "../keepers/keep-trust.ts";
import { noteLog } from "../keepers/note-log.ts";
import type { Core } from "../ports/core.ts";
import type { Pki } from "../ports/pki.ts";
import type { Base } from "./base.ts";

/** What is counted, logged and written beside the log of every event. */
export function followEvents(
	{ log, metrics, lastDocument, seenLog }: Base,
	{ core, pki, origin }: { readonly core: Core; readonly pki: Pki; readonly origin: () => string | undefined },
): void {
	const trouble = (what: string) => (error: unknown) => log.error({ err: error }, what);
	const note = noteLog({ origin, save: seenLog.save, onTrouble: trouble("could not note which log is followed") });
	const keepTrust = trustKeeper({
		newest: () => core.fleet().trust?.trust,
		keep: (trust) => pki.keep(trust),
		onTrouble: trouble("could not keep whom the machines believe"),
	});
	core.subscribe((event) => {
		metrics.event(event.type);
		note();
		const { seq, type } = event;
		log.info(
			{ seq, type, machineId: "machineId" in event ? event.machineId : undefined },
			describe(inDates(core.fleet(), event)),
		);
		if (type === "trust-changed") keepTrust();
		if (event.type === "cluster-declared")
			void lastDocument.save(event.document).catch(trouble("could not keep the declared document"));
	});
}
