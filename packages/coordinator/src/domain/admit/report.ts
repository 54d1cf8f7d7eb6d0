import type { EventDraft, Health, TargetProgress } from "@rollcall/protocol";
import { canonicalJson } from "@rollcall/protocol";
import type { Fleet, IssuedTarget, Machine } from "../fleet.ts";
import type { InputOf, Verdict } from "../inputs.ts";
import { accept, fenced, NOTHING, notEnrolled, refuse, rejected } from "./verdict.ts";

/** An agent says what became of its target, and how its components are. What comes late or twice changes nothing. */
export function report(fleet: Fleet, input: InputOf<"report">): Verdict {
	const { machineId } = input;
	const { bootId, generation, progress, sequence } = input.report;
	const machine = fleet.machines.get(machineId);
	if (!machine) {
		return refuse({
			code: "unknown-machine",
			message: `machine ${machineId} is not known`,
			next: "enroll again",
			machineId,
		});
	}
	if (machine.approval === "rejected") return refuse(rejected(machine));
	if (machine.fenced.includes(bootId)) return fenced(machine, bootId);
	if (machine.bootId !== bootId) return notEnrolled(machineId, bootId);
	if (sequence < machine.reported) return NOTHING;
	const events: EventDraft[] = [];
	const { target } = machine;
	if (progress && target && isNews(machine, target, { generation, progress })) {
		events.push({ type: "target-progress", machineId, bootId, generation, progress, sequence, cause: target.seq });
	}
	const health = [...input.report.health].sort((a, b) => (a.component < b.component ? -1 : 1));
	if (!sameHealth(health, machine.health)) events.push({ type: "health-changed", machineId, bootId, health, sequence });
	return accept(events);
}

function isNews(
	machine: Machine,
	target: IssuedTarget,
	said: { readonly generation: number; readonly progress: TargetProgress },
): boolean {
	if (!machine.seat || target.generation !== said.generation || target.bootId !== machine.bootId) return false;
	if (target.progress !== said.progress.state) return true;
	return said.progress.state === "rejected" && target.reason !== `${said.progress.step}: ${said.progress.reason}`;
}

function sameHealth(a: Health, b: Health): boolean {
	const plain = (health: Health) =>
		health.map(({ component, healthy, reason }) => ({ component, healthy, reason: reason?.replaceAll(/\d+/g, "#") }));
	return canonicalJson(plain(a)) === canonicalJson(plain(b));
}
