import type { Authority, AuthorityCertificate, RotateReply, RotationView } from "@rollcall/protocol";
import { keysAreFixed } from "../../../domain/admit/certificates.ts";
import {
	listenerProgress,
	listenersAfter,
	nextListenerStep,
	unconfirmed,
} from "../../../domain/certificates/listeners.ts";
import type { RotationStep } from "../../../domain/certificates/rotation.ts";
import type { Fleet } from "../../../domain/fleet.ts";
import type { ListenerSuccession } from "../../../ports/listener-succession.ts";
import { askCore } from "../ask-core.ts";
import type { Api } from "../dependencies.ts";
import { Refusal, refuse } from "../problem.ts";
import { refuseWhile } from "./waited-for.ts";

const DONE: Readonly<Record<RotationStep, string>> = {
	prepare:
		"machines are told of the new authority, which the old one introduces; ask again when all live ones have confirmed it (rollcall certs), then the listeners show certificates by it",
	sign: "the listeners show certificates by the new authority to new connections, and who believes only the old one is still let in; ask again, then the old one is forgotten",
	finish: "only the new authority is believed: who was away meanwhile boots anew, or pins it anew",
};

/** What the log says of them, where this coordinator can sign by it; else whose key is here. */
function listenersNow(fleet: Fleet, known: readonly AuthorityCertificate[]): Authority {
	const said = fleet.listeners?.listeners;
	const [first] = known;
	if (said && known.some(({ fingerprint }) => fingerprint === said.signing)) return said;
	if (first) return { signing: first.fingerprint, certificates: [first] };
	throw refuse("not-ready", "the listeners have no authority yet", { next: "try again in a few seconds" });
}

/** Where the change of the listeners' authority stands; undefined where it is none of the fleet's own. */
export function listenersRotation({ core, listeners }: Pick<Api, "core" | "listeners">): RotationView | undefined {
	if (!listeners) return undefined;
	const fleet = core.fleet();
	const machines = listenerProgress(fleet);
	return {
		what: "listeners",
		next: nextListenerStep(listenersNow(fleet, listeners.known())),
		...(machines ? { machines } : {}),
	};
}

function ownListeners({ listeners }: Api): ListenerSuccession {
	if (listeners) return listeners;
	throw refuse("conflict", "the listeners have no authority of the fleet's own that could change", {
		next: "replace the files of tls.certificateFile where it is given; where TLS is off, switch it on",
	});
}

/** The next step of a change of the authority that signs for the coordinators' listeners. Throws a Refusal. */
export async function rotateListeners(
	api: Api,
	{ by, force }: { readonly by: string; readonly force: boolean },
): Promise<RotateReply> {
	const succession = ownListeners(api);
	const fleet = api.core.fleet();
	const fixed = keysAreFixed(fleet, api.clock.now());
	if (fixed) throw new Refusal(fixed);
	const done = nextListenerStep(listenersNow(fleet, succession.known()));
	const late = done === "prepare" ? [] : unconfirmed(fleet);
	if (!force)
		refuseWhile(late, {
			text: "these live machines have not confirmed the new authority yet",
			loss: "those machines have to boot anew when the old one is forgotten",
		});
	const known =
		done === "prepare"
			? await succession.prepare().catch((error: Error) => {
					throw refuse("conflict", `no new authority can be made: ${error.message}`, {
						next: "make the coordinator's authorityFolder writable, and ask again",
					});
				})
			: succession.known();
	const now = listenersNow(fleet, known);
	const listeners = listenersAfter(now, known[1]);
	if (done === "sign" && !known.some(({ fingerprint }) => fingerprint === listeners.signing))
		throw refuse("conflict", "the key of the new authority is not on this coordinator", {
			next: "give the coordinators one authorityFolder, or copy listeners-next.pem from the one that made it",
		});
	const without = late.length > 0 ? `, without waiting for ${late.length} machines` : "";
	const reason = `${by} asked for it (listeners: ${done}${without})`;
	await askCore(api.core, { kind: "change-listeners", listeners, after: fleet.listeners?.seq ?? 0, reason }, "ok");
	return { what: "listeners", done, text: DONE[done] };
}
