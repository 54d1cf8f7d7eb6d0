import { BootState } from "@rollcall/protocol";
import { Counter, Gauge, type Registry } from "prom-client";

/** What is read of boots when somebody asks for the metrics. */
export interface BootReading {
	readonly states: readonly BootState[];
	/** Per stage, and `total` for whole boots: milliseconds, sorted. */
	readonly durations: ReadonlyMap<string, readonly number[]>;
}

const QUANTILES = [0.5, 0.9, 0.99] as const;

/** Boots: how many are in which state, and percentiles of the stages over each machine's newest boot. */
export function bootGauges(registry: Registry): {
	observe(read: () => BootReading): void;
	refused(stage: string): void;
	read(): void;
} {
	const registers = [registry];
	const boots = new Gauge({
		name: "rollcall_boots",
		help: "Newest boots of machines by state",
		labelNames: ["state"],
		registers,
	});
	const seconds = new Gauge({
		name: "rollcall_boot_stage_seconds",
		help: "Time from the stage before, percentiles over each machine's newest boot; total: from the first stage to ready",
		labelNames: ["stage", "percentile"],
		registers,
	});
	const reached = new Gauge({
		name: "rollcall_boot_stage_reached",
		help: "Newest boots that reached a stage after another one; what the percentiles are of",
		labelNames: ["stage"],
		registers,
	});
	const refused = new Counter({
		name: "rollcall_boot_refusals_total",
		help: "Boot answers that were refused",
		labelNames: ["stage"],
		registers,
	});
	let source: (() => BootReading) | undefined;
	return {
		observe(read) {
			source = read;
		},
		refused: (stage) => refused.inc({ stage }),
		read() {
			if (!source) return;
			const { states, durations } = source();
			for (const state of BootState.options)
				boots.set(
					{ state },
					states.reduce((count, one) => (one === state ? count + 1 : count), 0),
				);
			seconds.reset();
			reached.reset();
			for (const [stage, sorted] of durations) {
				reached.set({ stage }, sorted.length);
				for (const quantile of QUANTILES) {
					// The nearest rank: a value that was really measured.
					const rank = Math.max(0, Math.ceil(quantile * sorted.length) - 1);
					seconds.set({ stage, percentile: String(quantile * 100) }, (sorted[rank] ?? 0) / 1000);
				}
			}
		},
	};
}
