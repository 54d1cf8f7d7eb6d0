import type { MachinePhase, MachineView } from "@rollcall/protocol";
import { listMachines } from "../api/machines.ts";
import { feedFleet } from "../live/fleet-feed.ts";
import type { LiveModel } from "../live/frame.ts";
import { openLiveScreen } from "../live/screen-session.ts";
import { type AddCommand, printJson, printLines, type Session, widthFor } from "../session.ts";
import { say } from "../terminal.ts";
import { machineTable } from "../views/machine-table.ts";
import { stopSignal } from "./stop-signal.ts";
import { collectLabel, parsePhase, parseRole } from "./values.ts";

const AFTER = `
A role with a * was given by hand. KIND is shown where some machines are rehearsals of machines.

Examples:
  rollcall machines
  rollcall machines --watch --role worker
  rollcall machines --phase waiting -o json
  rollcall machines -l rack=a -l room=101`;

interface MachinesOptions {
	readonly watch?: boolean;
	readonly phase?: MachinePhase;
	readonly role?: string;
	readonly label?: Record<string, string>;
}

/** `rollcall machines`. */
export const addMachines: AddCommand = (program, run) => {
	program
		.command("machines")
		.description("where the fleet stands")
		.option("-w, --watch", "go on showing it as it changes")
		.option("--phase <phase>", "only machines in this phase", parsePhase)
		.option("--role <role>", "only machines with this role", parseRole)
		.option("-l, --label <key=value>", "only machines with this label; can be repeated", collectLabel)
		.addHelpText("after", AFTER)
		.action((options: MachinesOptions, command) =>
			run(command, (session) => (options.watch ? watchMachines(session, options) : showMachines(session, options))),
		);
};

async function showMachines(session: Session, options: MachinesOptions): Promise<undefined> {
	const { json, value } = await listMachines(await session.connect(), options);
	if (session.json) printJson(session, json);
	else if (value.length > 0) printLines(session, table(session, value));
	else say(session.err, Object.keys(options).length > 0 ? "no machine fits" : "no machine has enrolled yet");
	return undefined;
}

function table(session: Session, machines: readonly MachineView[]): string[] {
	return machineTable(machines, session.now(), { width: widthFor(session), paint: session.out.paint });
}

async function watchMachines(session: Session, options: MachinesOptions): Promise<undefined> {
	const api = await session.connect();
	const { value: status } = await api.status();
	const { signal, release } = stopSignal(session);
	const screen =
		session.out.isTerminal && !session.json
			? openLiveScreen(session, {
					title: `rollcall: cluster ${status.cluster ?? "(none declared)"} at ${api.connection.server}`,
					machines: [],
					events: [],
					footer: ["Ctrl-C ends this view"],
				})
			: undefined;
	let machines: readonly MachineView[] = [];
	const seen = new Map<string, string>();
	let events: LiveModel["events"] = [];
	try {
		await feedFleet(api, {
			after: Math.max(0, status.seq - 20),
			filter: options,
			signal,
			onMachines: (all) => {
				machines = all;
				if (screen) screen.update({ machines });
				else tellChanges(session, machines, seen);
			},
			onEvent: (event, text) => {
				events = [...events.slice(-200), { event, text }];
				screen?.update({ events });
			},
			onLost: (reason) => {
				const notice = `the coordinator cannot be reached (${reason}); trying again`;
				if (screen) screen.update({ notice });
				else say(session.err, `rollcall: ${notice}`);
			},
			onBack: () => screen?.update({ notice: undefined }),
		});
	} finally {
		release();
		screen?.close();
	}
	if (screen && machines.length > 0) printLines(session, table(session, machines));
	return undefined;
}

/** In a pipe: one line for each machine that changed since it was last told. */
function tellChanges(session: Session, machines: readonly MachineView[], seen: Map<string, string>): void {
	const now = new Map(machines.map((machine) => [machine.machineId as string, JSON.stringify(machine)]));
	const changed = machines.filter((machine) => seen.get(machine.machineId) !== now.get(machine.machineId));
	const first = seen.size === 0;
	for (const [id, text] of now) seen.set(id, text);
	for (const id of seen.keys()) if (!now.has(id)) seen.delete(id);
	if (session.json) for (const machine of changed) say(session.out, JSON.stringify(machine));
	else if (changed.length > 0) {
		const [title = "", ...lines] = machineTable(changed, session.now(), {});
		printLines(session, first ? [title, ...lines] : lines);
	}
}
