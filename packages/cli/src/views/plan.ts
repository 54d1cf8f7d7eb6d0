import type { MachineChange, Plan } from "@rollcall/protocol";
import type { Paint, Style } from "../text/colour.ts";
import { unifiedDiff } from "../text/diff.ts";
import { printable } from "../text/printable.ts";

type FileChange = MachineChange["files"][number];

const ACTION_STYLES: Record<MachineChange["action"], Style> = {
	assign: "green",
	release: "red",
	move: "yellow",
	update: "cyan",
	refuse: "red",
};
const SIGNS: Record<FileChange["change"], string> = { added: "+", changed: "~", removed: "-" };

/** What applying would do, file by file, each as a unified diff. `brief`: the files' names only. */
export function planLines(plan: Plan, options: { readonly paint: Paint; readonly brief?: boolean }): string[] {
	const machines = plan.machines.flatMap((change) => [...machineLines(change, options), ""]);
	return [
		...machines,
		...addOnLines(plan, options.paint),
		...warningLines(plan.warnings, options.paint),
		planSummary(plan),
	];
}

/** What changes at the cluster's API, an object a line. */
function addOnLines({ addOns }: Plan, paint: Paint): string[] {
	if (addOns.length === 0) return [];
	const lines = addOns.map(({ object, change }) => `  ${SIGNS[change]} ${printable(object)}`);
	return [paint("bold", "In the cluster:"), ...lines, ""];
}

/** Warnings, one a line. */
function warningLines(warnings: readonly string[], paint: Paint): string[] {
	return warnings.map((warning) => `${paint("yellow", "warning:")} ${printable(warning)}`);
}

/** `2 machines change (1 assign, 1 update), 7 stay as they are.` */
function planSummary(plan: Plan): string {
	const counts = new Map<string, number>();
	for (const { action } of plan.machines) counts.set(action, (counts.get(action) ?? 0) + 1);
	const stay = `${plan.unchanged} ${plan.unchanged === 1 ? "stays as it is" : "stay as they are"}`;
	if (plan.machines.length === 0) return `No machine changes, ${stay}.`;
	const kinds = [...counts].map(([action, count]) => `${count} ${action}`).join(", ");
	const change = plan.machines.length === 1 ? "1 machine changes" : `${plan.machines.length} machines change`;
	return `${change} (${kinds}), ${stay}.`;
}

function machineLines(change: MachineChange, { paint, brief }: { paint: Paint; brief?: boolean }): string[] {
	const name = change.nodeName ? `${change.nodeName} (${change.machineId})` : change.machineId;
	const way = [...new Set([change.from, change.to])].filter((side) => side !== undefined).join(" -> ");
	const head = `${paint(ACTION_STYLES[change.action], change.action)} ${paint("bold", printable(name))}`;
	return [
		`${head}${way ? `: ${printable(way)}` : ""}`,
		`  ${paint("dim", printable(change.reason))}`,
		...change.files.flatMap((file) => (brief ? [briefLine(file)] : fileLines(file, paint))),
		...(change.restarts.length > 0 ? [`  restarts: ${printable(change.restarts.join(", "))}`] : []),
	];
}

function briefLine(file: FileChange): string {
	return `  ${SIGNS[file.change]} ${printable(file.path)}${file.mode ? ` (${file.mode})` : ""}`;
}

function fileLines(file: FileChange, paint: Paint): string[] {
	const path = printable(file.path);
	const diff = unifiedDiff(shown(file.before), shown(file.after));
	const note = file.mode ? ` (mode ${file.mode})` : "";
	const head = [
		paint("bold", `  --- ${file.change === "added" ? "/dev/null" : path}`),
		paint("bold", `  +++ ${file.change === "removed" ? "/dev/null" : path}${note}`),
	];
	return [...head, ...diff.map((line) => `  ${paint(diffStyle(line), printable(line))}`)];
}

/** What stands for a secret has no line break at its end, and that is no difference worth telling. */
function shown(text = ""): string {
	return text.startsWith("(secret)") ? `${text}\n` : text;
}

function diffStyle(line: string): Style | undefined {
	if (line.startsWith("@@")) return "cyan";
	return line.startsWith("+") ? "green" : line.startsWith("-") ? "red" : undefined;
}
