import type { Consequences, MachineChange, Plan } from "@rollcall/protocol";
import type { Paint, Style } from "../text/colour.ts";
import { unifiedDiff } from "../text/diff.ts";
import { printable } from "../text/printable.ts";
import { fitLines } from "../text/width.ts";
import { nameOf } from "./machine-title.ts";

type FileChange = MachineChange["files"][number];

const ACTION_STYLES: Record<MachineChange["action"], Style> = {
	assign: "green",
	release: "red",
	move: "yellow",
	update: "cyan",
	refuse: "red",
};
/** So many names of machines that change alike are told. */
const MOST_NAMES = 6;
const SIGNS: Record<FileChange["change"], string> = { added: "+", changed: "~", removed: "-" };

/** A plan of a document, or of a change to one machine, which changes nothing at the cluster's API itself. */
type Shown = Consequences & { readonly addOns?: Plan["addOns"] };

interface PlanOptions {
	readonly paint: Paint;
	/** The files' names only. */
	readonly brief?: boolean;
	/** Columns of the terminal, at which sentences are broken; files and diffs are not. */
	readonly width?: number | undefined;
}

/** What applying would do, file by file, each as a unified diff. */
export function planLines(plan: Shown, options: PlanOptions): string[] {
	const machines = alike(plan.machines).flatMap((changes) => [...groupLines(changes, options), ""]);
	return [
		...machines,
		...addOnLines(plan.addOns ?? [], options.paint),
		...(plan.etcd === undefined ? [] : fitLines(printable(plan.etcd), options.width)),
		...warningLines(plan.warnings, options),
		...fitLines(planSummary(plan), options.width),
	];
}

/** What changes at the cluster's API, an object a line. */
function addOnLines(addOns: Plan["addOns"], paint: Paint): string[] {
	if (addOns.length === 0) return [];
	const lines = addOns.map(({ object, change }) => `  ${SIGNS[change]} ${printable(object)}`);
	return [paint("bold", "in the cluster:"), ...lines, ""];
}

function warningLines(warnings: readonly string[], { paint, width }: PlanOptions): string[] {
	return warnings.flatMap((warning) => fitLines(`${paint("yellow", "warning:")} ${printable(warning)}`, width));
}

/** `2 machines change (1 assign, 1 update), 7 stay as they are.` */
function planSummary(plan: Consequences): string {
	const counts = new Map<string, number>();
	for (const { action } of plan.machines) counts.set(action, (counts.get(action) ?? 0) + 1);
	const stay = `${plan.unchanged} ${plan.unchanged === 1 ? "stays as it is" : "stay as they are"}`;
	if (plan.machines.length === 0) return `no machine changes, ${stay}.`;
	const kinds = [...counts].map(([action, count]) => `${count} ${action}`).join(", ");
	const change = plan.machines.length === 1 ? "1 machine changes" : `${plan.machines.length} machines change`;
	return `${change} (${kinds}), ${stay}.`;
}

/** Machines whose change reads the same, together, in the order of the plan. */
function alike(changes: readonly MachineChange[]): MachineChange[][] {
	const groups = new Map<string, MachineChange[]>();
	for (const change of changes) {
		const key = JSON.stringify([change.action, change.reason, change.restarts, change.files.map(footprint)]);
		const group = groups.get(key) ?? [];
		groups.set(key, [...group, change]);
	}
	return [...groups.values()];
}

/** What happens to a file, without what stands around it: that names the machine. */
function footprint(file: FileChange): unknown {
	const edits = unifiedDiff(shown(file.before), shown(file.after), 0).filter((line) => !line.startsWith("@@"));
	return [file.path, file.change, file.mode, file.change === "changed" ? edits : edits.length];
}

function groupLines(changes: readonly MachineChange[], options: PlanOptions): string[] {
	const [first] = changes;
	if (!first) return [];
	if (changes.length === 1) return machineLines(first, machineName(first), options);
	const roles = new Set(changes.map((change) => change.to ?? change.from));
	const files = first.files.length === 1 ? "1 file" : `${first.files.length} files`;
	const names = changes.map(nameOf);
	const some = names.slice(0, MOST_NAMES).join(", ");
	const more = names.length > MOST_NAMES ? ` and ${names.length - MOST_NAMES} more` : "";
	const title = `${changes.length} machines${roles.size === 1 ? wayOf(first) : ""}: ${files}`;
	const [head = "", ...rest] = machineLines(first, title, options);
	return [head, ...fitLines(`  ${printable(some)}${more}`, options.width), ...rest];
}

function machineName(change: MachineChange): string {
	return `${nameOf(change)}${wayOf(change)}`;
}

/** `: worker/0 -> cp/0`, or nothing where it stays in its seat. */
function wayOf({ from, to }: MachineChange): string {
	const way = [...new Set([from, to])].filter((side) => side !== undefined).join(" -> ");
	return way ? `: ${way}` : "";
}

function machineLines(change: MachineChange, title: string, { paint, brief, width }: PlanOptions): string[] {
	return [
		`${paint(ACTION_STYLES[change.action], change.action)} ${paint("bold", printable(title))}`,
		...fitLines(`  ${printable(change.reason)}`, width).map((line) => paint("dim", line)),
		...change.files.flatMap((file) => (brief ? [briefLine(file)] : fileLines(file, paint))),
		...(change.restarts.length > 0 ? fitLines(`  restarts: ${printable(change.restarts.join(", "))}`, width) : []),
	];
}

/** A plan without the text of files, for `-o json --brief`. */
export function briefPlan(plan: Plan): Plan {
	const machines = plan.machines.map((change) => ({
		...change,
		files: change.files.map(({ before: _before, after: _after, ...file }) => file),
	}));
	return { ...plan, machines };
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
