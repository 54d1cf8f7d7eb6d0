import { formatAddress, parseAddress, type Timestamp } from "@rollcall/protocol";
import type { KnownNode } from "../domain/certificates/signing-requests.ts";
import type { Fleet } from "../domain/fleet.ts";
import type { RenderTarget } from "../domain/observed.ts";
import { KUBELET_SERVING } from "./certificates.ts";

/**
 * The names and addresses by which the kubelet of a node is reached, as its machine's own certificate names them. Undefined when no
 * machine sits under the name; `waiting` while that may change, or while the machine is lost.
 */
export function knownNode(
	{ fleet, render, at }: { readonly fleet: Fleet; readonly render: RenderTarget; readonly at: Timestamp },
	name: string,
): KnownNode | "waiting" | undefined {
	const machineId = fleet.nodeNames.get(name);
	const machine = machineId === undefined ? undefined : fleet.machines.get(machineId);
	if (!machine) return at < fleet.recoverUntil ? "waiting" : undefined;
	if (machine.seat?.nodeName !== name || machine.approval !== "approved") return undefined;
	if (machine.lease === "lost") return "waiting";
	const rendered = render(fleet, machine, machine.seat);
	if (!rendered.ok) return "waiting";
	const own = rendered.content.certificates?.find((one) => one.name === KUBELET_SERVING)?.subject;
	return own && { names: own.names, addresses: own.addresses.map(inOneNotation) };
}

function inOneNotation(text: string): string {
	const address = parseAddress(text);
	return address ? formatAddress(address.value, address.bits) : text;
}
