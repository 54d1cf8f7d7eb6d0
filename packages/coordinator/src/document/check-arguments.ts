import { nearest, ownValue } from "@rollcall/protocol";
import { type ArgumentOwner, KNOWN_ARGUMENTS } from "../render/known-arguments.ts";
import type { Check, Finding } from "./finding.ts";

/** Arguments of kubelet that are fields of its configuration, and how the document says them. */
const KUBELET_FIELDS: Readonly<Record<string, string>> = {
	"fail-swap-on": "write kubernetes.failSwapOn: $VALUE",
	"cluster-dns": "it is the tenth address of networks.services",
	"cluster-domain": "write networks.dnsDomain",
	"resolv-conf": "write networks.dnsServers",
	"feature-gates": "write kubernetes.featureGates",
	"register-with-taints": "write taints of the slot",
};

/** Extra arguments are ones that the component knows and that do not contradict the rest of the document. */
export const checkArguments: Check = ({ kubernetes }) => ({
	findings: Object.entries(kubernetes.extraArguments).flatMap(([owner, given]) => {
		const { program, free, decided } = KNOWN_ARGUMENTS[owner as ArgumentOwner];
		return Object.entries(given).flatMap(([name, value]): Finding[] => {
			const path = ["kubernetes", "extraArguments", owner, name];
			if (hasControl(value)) return [{ path, message: "a value has no line breaks or other control characters" }];
			const form = ownValue(free, name);
			if (form?.takes(value)) return [];
			if (form) {
				const message = `${JSON.stringify(value)} is no value of --${name}; ${program} would not start with it`;
				return [{ path, message, suggestion: form.like }];
			}
			if (decided.includes(name)) {
				const message = `--${name} of ${program} is decided by rollcall, from the rest of the document`;
				return [{ path, message, suggestion: "leave it out" }];
			}
			const field = owner === "kubelet" ? ownValue(KUBELET_FIELDS, name) : undefined;
			if (field) {
				const message = `--${name} of ${program} is deprecated; the document has a field for it`;
				return [{ path, message, suggestion: field.replace("$VALUE", value === "true" ? value : "false") }];
			}
			const near = nearest(name, Object.keys(free));
			const message = `${program} does not know --${name}, or it is none that may be set here`;
			return [{ path, message, suggestion: near === undefined ? undefined : `did you mean ${near}?` }];
		});
	}),
});

function hasControl(text: string): boolean {
	return [...text].some((character) => character < " " || character === "\u007f");
}
