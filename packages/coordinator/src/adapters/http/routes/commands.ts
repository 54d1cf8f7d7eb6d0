import { CommandAnswer, CommandRequest } from "@rollcall/protocol";
import type { z } from "zod";
import { findMachine } from "../find-machine.ts";
import { guarded, LossQuery } from "../guarded.ts";
import { refuse } from "../problem.ts";
import { type Route, route } from "../route.ts";
import { askAgent, startCommand } from "../send-command.ts";
import { EXAMPLE_BOOT, EXAMPLE_ID } from "./examples.ts";
import { MachineParams } from "./parameters.ts";

/** What an operator wants from one machine now. */
export const COMMAND_ROUTES: readonly Route[] = [
	route({
		method: "POST",
		path: "/v1/machines/{id}/commands",
		summary: "Ping a machine, read its journal, reboot or reset it",
		scope: "operator",
		partial: "machine",
		leads: true,
		params: MachineParams,
		query: LossQuery,
		body: CommandRequest,
		status: 200,
		response: CommandAnswer,
		example: {
			machineId: EXAMPLE_ID,
			reply: { kind: "pong", bootId: EXAMPLE_BOOT, generation: 3, uptimeSeconds: 86_400 },
		} as z.input<typeof CommandAnswer>,
		refusals: [
			"unknown-machine",
			"conflict",
			"quorum-at-risk",
			"incarnation-fenced",
			"machine-unreachable",
			"not-leader",
			"not-ready",
		],
		async answer(api, { params, body, caller, query, key }) {
			const machine = findMachine(api.core.fleet(), params.id, caller);
			if (body.bootId !== undefined && body.bootId !== machine.bootId) {
				throw refuse("incarnation-fenced", `machine ${machine.machineId} has booted again: ${machine.bootId} is live`, {
					machineId: machine.machineId,
					path: "bootId",
					next: "look at it again before you repeat this",
				});
			}
			if (body.kind === "ping" || body.kind === "logs") return askAgent(api, machine, body);
			const loss = await guarded(api, query, machine);
			return startCommand(api, machine, { request: body, by: caller.name, loss, key });
		},
	}),
];
