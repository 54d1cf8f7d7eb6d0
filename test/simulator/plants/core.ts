import { type Plant, swapped, wrapped } from "./plant.ts";

const ADMIT = "coordinator/src/domain/admit.ts";
const DECIDE = "coordinator/src/domain/decide.ts";
const APPLY = "coordinator/src/domain/apply.ts";

/** What `admit` comes to, changed. */
const admits = (change: string): Plant =>
	wrapped(
		ADMIT,
		"admit",
		`(fleet, input, at) => { const v = real(fleet, input, at); return { ...v, events: (${change})(v.events) }; }`,
	);
/** What `admit` or `decide` look at, changed. */
const admitsOn = (change: string): Plant =>
	wrapped(ADMIT, "admit", `(fleet, input, at) => real((${change})(fleet), input, at)`);
const takes = (change: string): Plant =>
	wrapped(ADMIT, "admit", `(fleet, input, at) => real(fleet, (${change})(fleet, input), at)`);
const decides = (change: string): Plant => wrapped(DECIDE, "decide", `(...given) => (${change})(real(...given))`);
const decidesOn = (change: string): Plant =>
	wrapped(DECIDE, "decide", `(fleet, ...rest) => real((${change})(fleet), ...rest)`);
/** Something happens besides to the state, whenever an event is applied. */
const applies = (change: string): Plant =>
	wrapped(
		APPLY,
		"apply",
		`(fleet, event) => event.seq <= fleet.seq ? fleet : (${change})(real(fleet, event), event, fleet)`,
	);

/** Faults in what events mean and what is decided. */
export const CORE: Readonly<Record<string, Plant>> = {
	"a new boot does not fence the one before": admits('(events) => without(events, "incarnation-fenced")'),
	"a fenced boot's reports are taken for the live one's": takes(
		`(fleet, input) => input.kind !== "report" ? input : { ...input,
			report: { ...input.report, bootId: fleet.machines.get(input.machineId)?.bootId ?? input.report.bootId } }`,
	),
	"a fenced boot may enroll again": {
		...admitsOn("(fleet) => mapMachines(fleet, (machine) => ({ ...machine, fenced: [] }))"),
		// What it proves is older than what the boot after it was given.
		also: [
			swapped(
				"coordinator/src/domain/admit/enroll.ts",
				"if (machine.bootId !== proven.bootId && proven.generation <= takenGeneration(machine)) {",
				"if (takenGeneration(machine) < 0) {",
			),
		],
	},
	"a generation is used twice": decides(
		`(drafts) => drafts.map((draft) => draft.type !== "target-issued" ? draft :
			{ ...draft, generation: Math.max(1, draft.generation - 1) })`,
	),
	"an agent's higher generation is not respected": admits('(events) => without(events, "generation-raised")'),
	"adopting forgets the generation": applies(
		`(fleet, event) => event.type !== "assignment-adopted" ? fleet :
			mapMachines(fleet, (machine) => machine.machineId === event.machineId ? { ...machine, generation: 0 } : machine)`,
	),
	"a token can be used again": admitsOn(
		"(fleet) => ({ ...fleet, tokens: fleet.tokens.map((token) => ({ ...token, usedBy: undefined })) })",
	),
	"a bound token lets in any machine": admitsOn(
		"(fleet) => ({ ...fleet, tokens: fleet.tokens.map((token) => ({ ...token, mac: undefined })) })",
	),
	"a seat is given twice": decidesOn(
		'(fleet) => ({ ...fleet, seats: fleet.seats.filter((_, key) => !key.endsWith("/0")) })',
	),
	"a released seat stays in the index": applies(
		`(fleet, event) => event.type !== "machine-released" ? fleet :
			{ ...fleet, seats: fleet.seats.set(\`\${event.slot}/\${event.seat}\`, event.machineId) }`,
	),
	"a removed machine keeps its claims": applies(
		'(fleet, event, before) => event.type === "machine-removed" ? { ...fleet, claims: before.claims } : fleet',
	),
	"a lost log is not waited for": decidesOn("(fleet) => ({ ...fleet, recoverUntil: 0 })"),
	"a proof is not checked": takes(
		'(_, input) => input.kind === "enroll" || input.kind === "hello" ? { ...input, proofValid: true } : input',
	),
	"a proof's seat is not adopted": admits('(events) => without(events, "assignment-adopted")'),
	"a lease is never lost": decides(
		'(drafts) => drafts.filter((draft) => draft.type !== "lease-changed" || draft.lease !== "lost")',
	),
	"a lease is lost too early": swapped(
		"coordinator/src/domain/leases.ts",
		"- (heard ?? observed.listeningSince);",
		"- (heard ?? observed.listeningSince) + 4_000;",
	),
	"a lost machine is assigned": decidesOn(
		`(fleet) => mapMachines(fleet, (machine) => machine.seat || machine.lease !== "lost" ? machine :
			{ ...machine, lease: "suspect" })`,
	),
	"spares are given away": decidesOn("(fleet) => mapSlots(fleet, (slot) => ({ ...slot, spares: 0 }))"),
	"seats above the count are filled": decidesOn(
		`(fleet) => mapSlots(fleet, (slot) => ({ ...slot, count: slot.count === "rest" ? "rest" : slot.count + 1 }))`,
	),
	"a rejected machine keeps its seat": decides('(drafts) => without(drafts, "machine-released")'),
	"a command never ends": decides('(drafts) => without(drafts, "command-ended")'),
	"a target never expires": decides('(drafts) => without(drafts, "target-expired")'),
	"two boxes with one UUID are one machine": takes(
		`(_, input) => {
			if (input.kind !== "enroll") return input;
			const { facts } = input.request;
			const { serial: _serial, ...smbios } = facts.smbios;
			return smbios.uuid?.length === 36
				? { ...input, request: { ...input.request, facts: { ...facts, smbios, nics: [] } } }
				: input;
		}`,
	),
	"event numbers have gaps": wrapped(
		"coordinator/src/domain/record.ts",
		"record",
		`(fleet, drafts, at) => real(drafts.length > 0 && fleet.seq % 50 === 49 ? { ...fleet, seq: fleet.seq + 1 } : fleet, drafts, at)`,
	),
};
