import type { MachineView } from "@rollcall/protocol";
import type { MachineFilter } from "../api/machines.ts";
import { feedFleet } from "../live/fleet-feed.ts";
import type { LiveModel } from "../live/frame.ts";
import { openLiveScreen } from "../live/screen-session.ts";
import { printLines, type Session } from "../session.ts";
import { say, tell } from "../terminal.ts";
import { jsonText } from "../text/json.ts";
import { machineTable } from "../views/machine-table.ts";
import { fleetTable } from "./fleet-table.ts";
import { stopSignal } from "./stop-signal.ts";

/** `rollcall machines --watch`: a live screen on a terminal, in a pipe a line for each change, until Ctrl-C. */
export async function watchMachines(session: Session, options: MachineFilter): Promise<undefined> {
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
			onFleet: (all, trouble) => {
				machines = all;
				if (screen) screen.update({ machines, trouble });
				else tellChanges(session, machines, seen);
			},
			onEvent: (event, text) => {
				events = [...events.slice(-200), { event, text }];
				screen?.update({ events });
			},
			onLost: (reason) => {
				const notice = `the coordinator cannot be reached (${reason}); trying again`;
				if (screen) screen.update({ notice });
				else tell(session.err, `rollcall: ${notice}`);
			},
			onBack: () => screen?.update({ notice: undefined }),
		});
	} finally {
		release();
		screen?.close();
	}
	if (screen && machines.length > 0) printLines(session, fleetTable(session, machines));
	return undefined;
}

/** In a pipe: one line for each machine that changed since it was last told. */
function tellChanges(session: Session, machines: readonly MachineView[], seen: Map<string, string>): void {
	const now = new Map(machines.map((machine) => [machine.machineId as string, JSON.stringify(machine)]));
	const changed = machines.filter((machine) => seen.get(machine.machineId) !== now.get(machine.machineId));
	const first = seen.size === 0;
	for (const [id, text] of now) seen.set(id, text);
	for (const id of seen.keys()) if (!now.has(id)) seen.delete(id);
	if (session.json) for (const machine of changed) say(session.out, jsonText(machine));
	else if (changed.length > 0) {
		const [title = "", ...lines] = machineTable(changed, session.now(), {});
		printLines(session, first ? [title, ...lines] : lines);
	}
}
