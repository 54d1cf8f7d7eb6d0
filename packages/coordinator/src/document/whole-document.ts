import type { ClusterDocument } from "@rollcall/protocol";
import { checkAddresses } from "./check-addresses.ts";
import { checkArguments } from "./check-arguments.ts";
import { checkFeatureGates } from "./check-feature-gates.ts";
import { checkImages } from "./check-images.ts";
import { checkKubernetes } from "./check-kubernetes.ts";
import { checkMachines } from "./check-machines.ts";
import { checkMirrors } from "./check-mirrors.ts";
import { checkNames } from "./check-names.ts";
import { checkNetworks } from "./check-networks.ts";
import { checkNodeMask } from "./check-node-mask.ts";
import { checkPace } from "./check-pace.ts";
import { checkPodNetwork } from "./check-pod-network.ts";
import { checkRoles } from "./check-roles.ts";
import { checkSlots } from "./check-slots.ts";
import { checkVolumes } from "./check-volumes.ts";
import type { Check, Verdict } from "./finding.ts";
import { privateKeys } from "./ssh-key.ts";

const CHECKS: readonly Check[] = [
	checkKubernetes,
	checkImages,
	checkAddresses,
	checkArguments,
	checkFeatureGates,
	checkNetworks,
	checkPodNetwork,
	checkNodeMask,
	checkPace,
	checkNames,
	checkMachines,
	checkMirrors,
	checkSlots,
	checkRoles,
	checkVolumes,
	({ users = [] }) => ({ findings: privateKeys(users) }),
];

/** Checks what needs more than one field, or knowledge that no schema has. */
export function checkDocument(document: ClusterDocument): Verdict {
	const verdicts = CHECKS.map((check) => check(document));
	return {
		findings: verdicts.flatMap(({ findings }) => findings ?? []),
		warnings: verdicts.flatMap(({ warnings }) => warnings ?? []),
	};
}
