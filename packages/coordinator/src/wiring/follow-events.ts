import { inDates } from "../domain/clocks/log-clock.ts";
import { describe } from "../domain/views/describe.ts";
import { newestKeeper } from "../keepers/keep-newest.ts";
import type { Core } from "../ports/core.ts";
import type { Pki } from "../ports/pki.ts";
import type { Base } from "./base.ts";

/** What is counted, logged and written beside the log of every event. */
export function followEvents(
	{ log, metrics, lastDocument, seenLog }: Base,
	{
		core,
		pki,
		origin,
		onLeading,
	}: {
		readonly core: Core;
		readonly pki: Pki;
		readonly origin: () => string | undefined;
		readonly onLeading: (listener: (leads: boolean) => void) => void;
	},
): void {
	const trouble = (what: string) => (error: unknown) => log.error({ err: error }, what);
	// Also one that another coordinator leads, since whoever begins anew must know that there was one.
	const note = newestKeeper({
		newest: origin,
		keep: seenLog.save,
		onTrouble: trouble("could not note which log is followed; trying again"),
	});
	/** A log that is being read, or in doubt, may say what counted once. */
	const whole = () => (core.ready().ready && !core.fleet().log?.doubt ? core.fleet() : undefined);
	const keepTrust = newestKeeper({
		newest: () => whole()?.trust?.trust,
		keep: (trust) => pki.keep(trust),
		onTrouble: trouble("could not keep whom the machines believe; trying again"),
	});
	const keepDocument = newestKeeper({
		newest: () => whole()?.cluster?.document,
		keep: (document) => lastDocument.save(document),
		onTrouble: trouble("could not keep the declared document; trying again"),
	});
	const keep = (): void => {
		keepTrust();
		keepDocument();
	};
	onLeading((leads) => leads && keep());
	core.subscribe((event) => {
		metrics.event(event.type);
		note();
		const { seq, type } = event;
		log.info(
			{ seq, type, machineId: "machineId" in event ? event.machineId : undefined },
			describe(inDates(core.fleet(), event)),
		);
		keep();
	});
}
