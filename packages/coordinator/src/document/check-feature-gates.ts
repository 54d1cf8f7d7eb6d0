import { nearest } from "@rollcall/protocol";
import { type MissingGate, missingGates } from "../render/gate-dependencies.ts";
import { decidedGates, gateFault, knownGates } from "../render/known-feature-gates.ts";
import { findVersion } from "../render/versions.ts";
import type { Check, Finding } from "./finding.ts";

/** Finds feature gates that the declared release does not know, or that it does not let anybody change any more. */
export const checkFeatureGates: Check = ({ kubernetes }) => {
	const version = findVersion(kubernetes.version);
	// The check of the version reports one that is not known.
	if (!version) return {};
	const { minor } = version;
	const gates = kubernetes.featureGates;
	return {
		findings: Object.entries(gates)
			.flatMap(([name, on]): Finding[] => {
				const path = ["kubernetes", "featureGates", name];
				const fault = gateFault(name, on, minor);
				if (fault === undefined) return [];
				if (fault !== "unknown") return [{ path, message: `${name} ${fault}`, suggestion: "leave it out" }];
				const near = nearest(name, knownGates(minor));
				const old = near === undefined ? nearest(name, decidedGates(minor)) : undefined;
				const message = `Kubernetes ${minor} has no feature gate ${name}; a component that does not know one does not start`;
				return [{ path, message, suggestion: near === undefined ? leaveOut(old, minor) : `did you mean ${near}?` }];
			})
			.concat(missingGates(gates, minor).map(missing(gates))),
	};
};

/** A gate that is off although another needs it: where it was declared off, or the other on. */
function missing(gates: Readonly<Record<string, boolean>>): (found: MissingGate) => Finding {
	return ({ gate, needs }) => {
		const end = "a component that is told so does not start";
		if (gates[gate] !== undefined)
			return {
				path: ["kubernetes", "featureGates", gate],
				message: `${gate} needs ${needs}, which is off${gates[needs] === undefined ? " by default" : ""}; ${end}`,
				suggestion: `write ${needs}: true`,
			};
		return {
			path: ["kubernetes", "featureGates", needs],
			message: `${gate} is on by default, and needs ${needs}; ${end}`,
			suggestion: `write ${gate}: false as well`,
		};
	};
}

/** `old`: the gate that was probably meant, and is decided for good. */
function leaveOut(old: string | undefined, minor: string): string {
	return old === undefined ? "leave it out" : `leave it out: ${old} ${gateFault(old, true, minor)}`;
}
