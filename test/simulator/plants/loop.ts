import { allSwapped, type Plant, swapped } from "./plant.ts";

const LEADER = "coordinator/src/loop/leader.ts";
const HEARD = "coordinator/src/loop/heard.ts";
const READER = "coordinator/src/loop/log-reader.ts";

const LEASE = "coordinator/src/loop/leader-lease.ts";
const ANY_ENTRY = [
	"const entry = link === undefined ? undefined : log.get(position);",
	"const entry = undefined as ReturnType<typeof log.get> | undefined;",
] as const;

/** Faults in the loop that appends. */
export const LOOP: Readonly<Record<string, Plant>> = {
	"silence in which the coordinator did not run counts": swapped(
		"coordinator/src/loop/stall-watch.ts",
		"if (gap > STALL_MS) this.#heard.forgive(gap);",
		"",
	),
	"who begins to lead holds silence against the machines at once": swapped(
		LEADER,
		"context.heard.restart(context.parts.clock.monotonic() + RECONNECT_GRACE_MS);",
		"context.heard.restart(context.parts.clock.monotonic() - RECONNECT_GRACE_MS);",
	),
	"a turn that waits for the log is taken for a stall": swapped(
		"coordinator/src/loop/leader.ts",
		"await this.#stalls.during(this.#turns(signal, catchUp, saveSnapshot)).finally(leave);",
		"await this.#turns(signal, catchUp, saveSnapshot).finally(leave);",
	),
	"silence counts in which the coordinator stood still while it asked the log": swapped(
		LEADER,
		"this.#stalls.look();\n\t\tconst started",
		"const started",
	),
	"a log that went back a second time is not in doubt": swapped(
		"coordinator/src/loop/untold-flaws.ts",
		"this.#flaws = this.#flaws.filter((flaw) => !tells(event, flaw, position));",
		"this.#flaws = [];",
	),
	"a leader does not notice that the log went back before it appends": swapped(
		"coordinator/src/loop/leader-lease.ts",
		"if (back !== undefined)",
		"if (back !== undefined && last >= position)",
	),

	"a lead goes on in another log that is as long": allSwapped(
		LEASE,
		["if (origin !== this.#parts.origin)", 'if (origin === "")'],
		// Its entry there is another one, too, which would be told.
		ANY_ENTRY,
	),
	"a leader does not look whether the entry at the log's end is the one that it knows": swapped(LEASE, ...ANY_ENTRY),
	"what an entry says of the one before it is not compared": swapped(
		"coordinator/src/adapters/nats/entry.ts",
		'if (before !== "unknown" && (v === 2',
		'if (before === "unknown" && (v === 2',
	),
	"a snapshot hides what is wrong with older entries": swapped(
		READER,
		"		if (to === 0) return;",
		"		if (to >= 0) return;",
	),
	"who stood still takes what was taken out of the log meanwhile for missing": allSwapped(
		READER,
		["if (this.#ledger.position < first - 1) await", "if (first < 0) await"],
		// Where entries are missing it looks once more.
		["if (this.#ledger.position < now.first - 1 && (await", "if (now.first < 0 && (await"],
	),
	"a log that went back is read without the state that fits": allSwapped(
		READER,
		["(back && !(await isOf(log, one)))", "back !== undefined"],
		// Who begins without it catches up with it: both have to do without.
		["if (back.length > 0 && !(await isOf(log, one)))", "if (back.length > 0)"],
	),
	"who begins does not look whether the log went back": swapped(
		READER,
		"			const flaw = await wentBack(log, last, mark);\n",
		"			const flaw = undefined;\n",
	),
	"the log's time jumps with the clock": swapped(
		"coordinator/src/adapters/clock/drawn-clock.ts",
		"			ahead -= step;\n",
		"			time += step;\n",
	),
	"a clock that is set back stops the log's time": swapped(
		"coordinator/src/adapters/clock/drawn-clock.ts",
		"		time += passed;\n		if (Math.abs(step) >= STEP_MS) {\n			ahead -= step;\n",
		"		time = Math.max(time, wall);\n		if (Math.abs(step) >= STEP_MS) {\n",
	),
	"silence is measured on the log's time": swapped(
		"coordinator/src/domain/leases.ts",
		"(observed.monotonic ?? observed.at) - (heard",
		"(observed.wall ?? observed.at) - 1_780_000_000_000 - (heard",
	),

	"a stall is forgiven in fractions, which the log does not take": {
		...swapped(
			"coordinator/src/domain/leases.ts",
			"Math.max(0, Math.round(Math.min(unheard, observed.at - enrolledAt)))",
			"Math.max(0, Math.min(unheard, observed.at - enrolledAt))",
		),
		// What is recorded is rounded once more where a whole number is meant.
		also: [
			swapped(
				"coordinator/src/domain/record.ts",
				"const fitted = fit(EventSchema, event);",
				`const read = EventSchema.safeParse(event);
				const fitted = { ok: read.success, value: read.data, reason: String(read.error) };`,
			),
		],
	},
	"what was kept as state is not asked for after older entries were taken out": swapped(
		READER,
		"		if (first === 1) return;\n",
		"		if (first > 0) return;\n",
	),
	"older entries are taken out before a state is kept": swapped(
		"coordinator/src/loop/compaction.ts",
		"	await states.keep(at);\n",
		"",
	),
	"a state of another form is read as if it were of this one": swapped(
		"coordinator/src/domain/snapshot.ts",
		"		form === fleetForm() &&\n",
		"",
	),
	"a field of the fleet is not kept in its snapshot": swapped(
		"coordinator/src/domain/snapshot.ts",
		"const { tokenByHash: _hashes, seats",
		"const { cluster: _cluster, tokenByHash: _hashes, seats",
	),
	"beats do not renew a lease": swapped(HEARD, "		this.renew(beat.machineId, at);\n", ""),
	"agents are never asked to say hello again": swapped(
		HEARD,
		'return settled && target && !unknown ? "unreported" : "nudge";',
		'return "renewed";',
	),
	"a report that the log lost is never asked for": swapped(
		HEARD,
		'const told = target === undefined || target.progress === "applied";',
		"const told = true;",
	),
	"who was elected acts outside at once": swapped(
		"coordinator/src/loop/leader-lease.ts",
		"parts.shared ? takenAt + LEASE_MS + DRIFT_MS : takenAt",
		"takenAt",
	),
	"a lead counts from when the answer to the election was read": swapped(
		"coordinator/src/loop/leader-lease.ts",
		"this.#confirmedAt = sentAt;",
		"this.#confirmedAt = takenAt;",
	),
	"nobody takes over": swapped(
		"coordinator/src/loop/leadership.ts",
		"return now - view.since >= LEADER_SILENCE_MS;",
		"return false;",
	),
};
