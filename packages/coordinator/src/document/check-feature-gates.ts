import { nearest } from "@rollcall/protocol";
import { decidedGates, gateFault, knownGates } from "../render/known-feature-gates.ts";
import { findVersion } from "../render/versions.ts";
import type { Check, Finding } from "./finding.ts";

/** Finds feature gates that the declared release does not know, or that it does not let anybody change any more. */
export const checkFeatureGates: Check = ({ kubernetes }) => {
	const version = findVersion(kubernetes.version);
	// The check of the version reports one that is not known.
	if (!version) return {};
	const { minor } = version;
	return {
		findings: Object.entries(kubernetes.featureGates).flatMap(([name, on]): Finding[] => {
			const path = ["kubernetes", "featureGates", name];
			const fault = gateFault(name, on, minor);
			if (fault === undefined) return [];
			if (fault !== "unknown") return [{ path, message: `${name} ${fault}`, suggestion: "leave it out" }];
			const near = nearest(name, knownGates(minor));
			const old = near === undefined ? nearest(name, decidedGates(minor)) : undefined;
			const message = `Kubernetes ${minor} has no feature gate ${name}; a component that does not know one does not start`;
			return [{ path, message, suggestion: near === undefined ? leaveOut(old, minor) : `did you mean ${near}?` }];
		}),
	};
};

/** `old`: the gate that was probably meant, and is decided for good. */
function leaveOut(old: string | undefined, minor: string): string {
	return old === undefined ? "leave it out" : `leave it out: ${old} ${gateFault(old, true, minor)}`;
}
