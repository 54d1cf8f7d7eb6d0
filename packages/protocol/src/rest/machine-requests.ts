import { z } from "zod";
import { Rotated } from "../certificates/rest.ts";
import { BootId, Labels, MachineId, Name } from "../ids.ts";
import { writtenText } from "../written-text.ts";
import { MachineView } from "./machines.ts";

/** `POST /v1/machines/{id}/approve`. `bootId`: the boot that was looked at; refused when it is none of the machine's that lives or waits. */
export const ApproveRequest = z.strictObject({ bootId: BootId.optional() });
export type ApproveRequest = z.infer<typeof ApproveRequest>;

/** The loss that a person accepts by name: etcd's data, or the cluster's API for as long as there is no control plane. */
export const AcceptedLoss = z.enum(["etcd", "control-plane"]);
export type AcceptedLoss = z.infer<typeof AcceptedLoss>;

/** `POST /v1/machines/{id}/reject`. */
export const RejectRequest = z.strictObject({ reason: writtenText(1024).min(1).default("rejected by an operator") });
export type RejectRequest = z.infer<typeof RejectRequest>;
/** `POST /v1/machines/{id}/compromised`. */
export const CompromisedRequest = z.strictObject({
	reason: writtenText(1024).min(1).default("an operator says so"),
});
export type CompromisedRequest = z.infer<typeof CompromisedRequest>;
const lines = z.array(z.string().max(512)).max(64);
/**
 * `GET /v1/machines/{id}/exposure`: what somebody could have read and used who had the machine in his hands, which of the fleet's keys the
 * coordinator changes when it is told so, and what is left to people.
 */
export const Exposure = z.strictObject({ couldRead: lines, changes: z.array(Rotated), yours: lines });
export type Exposure = z.infer<typeof Exposure>;
/** The answer to `compromised`: the machine as it is after it, and what it was. */
export const Compromised = z.strictObject({ machine: MachineView, exposure: Exposure });
export type Compromised = z.infer<typeof Compromised>;

/** `POST /v1/machines/{id}/role`: null takes the pin back. */
export const RoleRequest = z.strictObject({ role: Name.nullable() });
export type RoleRequest = z.infer<typeof RoleRequest>;
/** `POST /v1/machines/{id}/labels`: all labels that the machine has from now on. */
export const LabelsRequest = z.strictObject({ labels: Labels });
export type LabelsRequest = z.infer<typeof LabelsRequest>;
/** `DELETE /v1/machines/{id}`. */
export const MachineRemoved = z.strictObject({
	machineId: MachineId,
	/** The name that its node had. */
	nodeName: Name.optional(),
	rehearsal: z.boolean().optional(),
	/** The end of the last certificate that it got (ISO 8601), where one is valid still. */
	certifiedUntil: z.string().optional(),
});
