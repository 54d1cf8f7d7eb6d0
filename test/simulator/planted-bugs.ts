import { apply, type Fleet, type Machine } from "@rollcall/coordinator";
import type { Event, EventDraft, EventType } from "@rollcall/protocol";
import { type Parts, REAL_PARTS } from "./parts.ts";

/** Bugs that somebody could make, each as the parts with one thing wrong. The simulator has to find every one of them. */
export const PLANTED_BUGS: Readonly<Record<string, Parts>> = {
	"a new boot does not fence the one before": withAdmitted((events) => without(events, "incarnation-fenced")),
	"a fenced boot's reports are taken for the live one's": withInput((fleet, input) => {
		if (input.kind !== "report") return input;
		const bootId = fleet.machines.get(input.machineId)?.bootId ?? input.report.bootId;
		return { ...input, report: { ...input.report, bootId } };
	}),
	"a fenced boot may enroll again": withSeen("admit", (fleet) =>
		mapMachines(fleet, (machine) => ({ ...machine, fenced: [] })),
	),
	"a generation is used twice": withDecided((drafts) =>
		drafts.map((draft) =>
			draft.type === "target-issued" ? { ...draft, generation: Math.max(1, draft.generation - 1) } : draft,
		),
	),
	"an agent's higher generation is not respected": withAdmitted((events) => without(events, "generation-raised")),
	"adopting forgets the generation": withApplied((fleet, event) =>
		event.type === "assignment-adopted"
			? mapMachines(fleet, (machine) =>
					machine.machineId === event.machineId ? { ...machine, generation: 0 } : machine,
				)
			: fleet,
	),
	"a token can be used again": withSeen("admit", (fleet) => ({
		...fleet,
		tokens: fleet.tokens.map((token) => ({ ...token, usedBy: undefined })),
	})),
	"a bound token lets in any machine": withSeen("admit", (fleet) => ({
		...fleet,
		tokens: fleet.tokens.map((token) => ({ ...token, mac: undefined })),
	})),
	"a seat is given twice": withSeen("decide", (fleet) => ({
		...fleet,
		seats: fleet.seats.filter((_, key) => !key.endsWith("/0")),
	})),
	"a released seat stays in the index": withApplied((fleet, event) =>
		event.type === "machine-released"
			? { ...fleet, seats: fleet.seats.set(`${event.slot}/${event.seat}`, event.machineId) }
			: fleet,
	),
	"a removed machine keeps its claims": withApplied((fleet, event, before) =>
		event.type === "machine-removed" ? { ...fleet, claims: before.claims } : fleet,
	),
	"a lost log is not waited for": withSeen("decide", (fleet) => ({ ...fleet, recoverUntil: 0 })),
	"a proof is not checked": withInput((_, input) =>
		input.kind === "enroll" || input.kind === "hello" ? { ...input, proofValid: true } : input,
	),
	"a proof's seat is not adopted": withAdmitted((events) => without(events, "assignment-adopted")),
	"a late report is taken": withSeen("admit", (fleet) =>
		mapMachines(fleet, (machine) => ({ ...machine, reported: -1 })),
	),
	"a lease is never lost": withDecided((drafts) =>
		drafts.filter((draft) => draft.type !== "lease-changed" || draft.lease !== "lost"),
	),
	"a lease is lost too early": {
		...REAL_PARTS,
		decide: (fleet, observed, summarize) =>
			REAL_PARTS.decide(fleet, { ...observed, at: observed.at + 4_000 }, summarize),
	},
	"a lost machine is assigned": withSeen("decide", (fleet) =>
		mapMachines(fleet, (machine) =>
			machine.seat || machine.lease !== "lost" ? machine : { ...machine, lease: "suspect" },
		),
	),
	"spares are given away": withSeen("decide", (fleet) => mapSlots(fleet, (slot) => ({ ...slot, spares: 0 }))),
	"seats above the count are filled": withSeen("decide", (fleet) =>
		mapSlots(fleet, (slot) => ({ ...slot, count: slot.count === "rest" ? "rest" : slot.count + 1 })),
	),
	"a rejected machine keeps its seat": withDecided((drafts) => without(drafts, "machine-released")),
	"a command never ends": withDecided((drafts) => without(drafts, "command-ended")),
	"a target never expires": withDecided((drafts) => without(drafts, "target-expired")),
	"two boxes with one UUID are one machine": withInput((_, input) => {
		if (input.kind !== "enroll") return input;
		const { facts } = input.request;
		const { serial: _serial, ...smbios } = facts.smbios;
		return smbios.uuid?.length === 36
			? { ...input, request: { ...input.request, facts: { ...facts, smbios, nics: [] } } }
			: input;
	}),
	"event numbers have gaps": {
		...REAL_PARTS,
		record: (fleet, drafts, at) => {
			const recorded = REAL_PARTS.record({ ...fleet, seq: fleet.seq + 1 }, drafts, at);
			return drafts.length > 0 && fleet.seq % 50 === 49 ? recorded : REAL_PARTS.record(fleet, drafts, at);
		},
	},
};

function without(drafts: readonly EventDraft[], type: EventType): EventDraft[] {
	return drafts.filter((draft) => draft.type !== type);
}

function withAdmitted(change: (events: readonly EventDraft[]) => readonly EventDraft[]): Parts {
	return {
		...REAL_PARTS,
		admit: (fleet, input, at) => {
			const verdict = REAL_PARTS.admit(fleet, input, at);
			return { ...verdict, events: change(verdict.events) };
		},
	};
}

type Input = Parameters<Parts["admit"]>[1];

function withInput(change: (fleet: Fleet, input: Input) => Input): Parts {
	return { ...REAL_PARTS, admit: (fleet, input, at) => REAL_PARTS.admit(fleet, change(fleet, input), at) };
}

function withDecided(change: (drafts: EventDraft[]) => EventDraft[]): Parts {
	return {
		...REAL_PARTS,
		decide: (fleet, observed, summarize) => change(REAL_PARTS.decide(fleet, observed, summarize)),
	};
}

/** `admit` or `decide` look at another state than there is. */
function withSeen(part: "admit" | "decide", change: (fleet: Fleet) => Fleet): Parts {
	if (part === "admit")
		return { ...REAL_PARTS, admit: (fleet, input, at) => REAL_PARTS.admit(change(fleet), input, at) };
	return {
		...REAL_PARTS,
		decide: (fleet, observed, summarize) => REAL_PARTS.decide(change(fleet), observed, summarize),
	};
}

/** Something happens besides to the state, whenever an event is applied. */
function withApplied(change: (fleet: Fleet, event: Event, before: Fleet) => Fleet): Parts {
	const wrong = (fleet: Fleet, event: Event) => change(apply(fleet, event), event, fleet);
	return {
		...REAL_PARTS,
		apply: wrong,
		record: (fleet, drafts, at) => {
			let next = fleet;
			const events = drafts.flatMap((draft) => {
				const [event] = REAL_PARTS.record(next, [draft], at).events;
				if (event) next = wrong(next, event);
				return event ?? [];
			});
			return { fleet: next, events };
		},
	};
}

function mapMachines(fleet: Fleet, change: (machine: Machine) => Machine): Fleet {
	return { ...fleet, machines: fleet.machines.map(change) };
}

type Document = NonNullable<Fleet["cluster"]>["document"];

function mapSlots(fleet: Fleet, change: (slot: Document["slots"][number]) => Document["slots"][number]): Fleet {
	const { cluster } = fleet;
	if (!cluster) return fleet;
	return {
		...fleet,
		cluster: { ...cluster, document: { ...cluster.document, slots: cluster.document.slots.map(change) } },
	};
}
