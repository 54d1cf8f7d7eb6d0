import { Responder } from "../adapters/nats/responder.ts";
import type { PodRoutes } from "../keepers/pod-routes.ts";
import { answerCertify, atMostWaiting } from "../loop/answer-certify.ts";
import { answerHello } from "../loop/answer-hello.ts";
import { LookAgain, type LookAgainParts } from "../loop/look-again.ts";
import type { RememberedTargets } from "../loop/remembered-targets.ts";
import type { Core } from "../ports/core.ts";
import type { Pki } from "../ports/pki.ts";
import type { RegistryAccounts } from "../ports/registry-accounts.ts";
import type { Base } from "./base.ts";
import type { BusParts } from "./bus.ts";
import { badMessageTeller } from "./tell-bad-messages.ts";

/** Orders for certificates that may wait: some seconds of work, after which their senders would ask again. */
const MAX_ORDERS = 256;

/** Listens to agents, and answers them while this coordinator leads. */
export function createResponder(
	{ config, clock, log, metrics }: Base,
	{ connection, credentials }: BusParts,
	{
		core,
		pki,
		accounts,
		targets,
		routes,
		canSee,
	}: {
		readonly core: Core;
		readonly pki: Pki;
		readonly accounts: RegistryAccounts;
		readonly targets: RememberedTargets;
		readonly routes: Pick<PodRoutes, "answer">;
		readonly canSee: LookAgainParts["canSee"];
	},
): Responder {
	const tellBad = badMessageTeller(log, clock);
	const lookAgain = new LookAgain({ canSee, monotonic: () => clock.monotonic() });
	return new Responder({
		connection,
		clock,
		core,
		credentials,
		async answerHello(machineId, hello, answer) {
			const fleet = core.fleet();
			const reply = await answerHello({ machineId, hello, answer }, { fleet, targets, credentials });
			return lookAgain.instead(fleet.machines.get(machineId), reply);
		},
		answerCertify: atMostWaiting(MAX_ORDERS, (machineId, message) =>
			answerCertify(
				{ machineId, message },
				{
					core,
					pki,
					accounts,
					render: targets.render,
					verify: credentials.isBy,
					lifeSeconds: config.certificateSeconds,
				},
			),
		),
		answerRoutes: (machineId, message) => routes.answer(machineId, message),
		onBadMessage: (bad) => {
			metrics.badMessage(bad.reason);
			tellBad(bad);
		},
	});
}
