import type { Status } from "@rollcall/protocol";
import { type AddCommand, printJson, printLines, widthFor } from "../session.ts";
import { tell } from "../terminal.ts";
import { ago } from "../text/duration.ts";
import { fieldLines } from "../views/field-list.ts";
import { REHEARSAL } from "../views/phase.ts";
import { troubleLines } from "../views/trouble.ts";

const AFTER = `
Examples:
  rollcall status
  rollcall status -o json`;

/** `rollcall status`. */
export const addStatus: AddCommand = (program, run) => {
	program
		.command("status")
		.description("the coordinator and the fleet in a few numbers")
		.addHelpText("after", AFTER)
		.action((_options, command) =>
			run(command, async (session) => {
				const api = await session.connect();
				const { json, value } = await api.status();
				if (session.json) {
					printJson(session, json);
					return undefined;
				}
				if (value.rehearsal) tell(session.out, `${REHEARSAL}: all machines are rehearsals of machines on one computer`);
				printLines(session, troubleLines(value.trouble, session.out.paint, widthFor(session)));
				const leading = value.leader ? "leads" : `follows ${value.leaderUrl ?? "(no leader is known now)"}`;
				const phases = Object.entries(value.machines).filter(([, count]) => count > 0);
				const total = phases.reduce((sum, [, count]) => sum + count, 0);
				const fields = [
					["coordinator", `${value.coordinatorId}, version ${value.version}, ${leading}`],
					["not ready", value.notReady],
					["server", api.connection.server],
					["cluster", value.cluster ?? "none declared; `rollcall apply -f FILE` declares one"],
					["kubernetes", value.kubernetes && kubernetesText(value.kubernetes)],
					["volumes", value.kubernetes?.claims],
					["etcd", value.etcd && etcdText(value.etcd, session.now())],
					["listeners", value.listeners],
					["event log", value.logDoubt === undefined ? value.logFilling : `in doubt: ${value.logDoubt}`],
					[
						"recovering",
						value.recovering ? "yes: agents are asked what they hold; nothing new is assigned" : undefined,
					],
					[
						"machines",
						total === 0 ? "none" : `${total}: ${phases.map(([phase, count]) => `${count} ${phase}`).join(", ")}`,
					],
					["last event", String(value.seq)],
					["state", value.stateDigest],
				] as const;
				printLines(session, fieldLines(fields, session.out.paint, widthFor(session)));
				return undefined;
			}),
		);
};

function kubernetesText({ ready, addOns, reason }: NonNullable<Status["kubernetes"]>): string {
	const state = `the API is ${ready ? "ready" : "not ready"}, ${addOns ? "add-ons are applied" : "add-ons are not applied yet"}`;
	return reason === undefined ? state : `${state}: ${reason}`;
}

function etcdText(etcd: NonNullable<Status["etcd"]>, now: number): string {
	const { members, newestSnapshot, restoring, reason, risk } = etcd;
	const state = restoring ? "begins with a snapshot" : `${members === 1 ? "1 member" : `${members} members`} live`;
	const newest = newestSnapshot === undefined ? "no snapshot" : `newest snapshot ${ago(newestSnapshot, now)} old`;
	return [state, newest, ...(risk === undefined ? [] : [risk]), ...(reason === undefined ? [] : [reason])].join("; ");
}
