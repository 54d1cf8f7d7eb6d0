import { suggestion } from "@rollcall/protocol";
import { IMAGE_COMPONENTS } from "../render/images.ts";
import { NODE_PORTS } from "../render/node-paths.ts";
import { findVersion, KNOWN_VERSIONS } from "../render/versions.ts";
import type { Check, Finding } from "./finding.ts";

/** The version is known, images are named after components, and what Kubernetes gives up is said early. */
export const checkKubernetes: Check = ({ kubernetes, images, controlPlane }) => {
	const findings: Finding[] = [];
	const warnings: Finding[] = [];
	if (!findVersion(kubernetes.version)) {
		const minor = /^v?(\d+\.\d+)/.exec(kubernetes.version)?.[1] ?? kubernetes.version;
		const known = nearestVersion(minor);
		findings.push({
			path: ["kubernetes", "version"],
			message: `Kubernetes ${kubernetes.version} is not known; known are ${KNOWN_VERSIONS.join(", ")}`,
			suggestion: `write ${known}, or one release of it, like ${known}.1`,
		});
	}
	const taken = Object.entries(NODE_PORTS).find(([, port]) => port === controlPlane.port);
	if (taken) {
		findings.push({
			path: ["controlPlane", "port"],
			message: `port ${controlPlane.port} is taken on every node (${taken[0]})`,
			suggestion: "6443, or 443",
		});
	}
	if (kubernetes.proxyMode === "ipvs") {
		warnings.push({
			path: ["kubernetes", "proxyMode"],
			message: "ipvs is deprecated by Kubernetes; nftables takes its place",
		});
	}
	if (kubernetes.featureGates.RotateKubeletServerCertificate === false) {
		findings.push({
			path: ["kubernetes", "featureGates", "RotateKubeletServerCertificate"],
			message: "kubelets renew their serving certificates; this cannot be switched off",
			suggestion: "leave it out",
		});
	}
	for (const component of Object.keys(images.overrides)) {
		if (!(IMAGE_COMPONENTS as readonly string[]).includes(component)) {
			findings.push({
				path: ["images", "overrides", component],
				message: `${component} is not a component with an image`,
				suggestion: suggestion(component, IMAGE_COMPONENTS),
			});
		}
	}
	return { findings, warnings };
};

/** The known version that is meant: that of the nearest number, the newest for what is no version. */
function nearestVersion(written: string): string | undefined {
	const number = (text: string) => Number(/^1\.(\d+)$/.exec(text)?.[1] ?? Number.MAX_SAFE_INTEGER);
	const away = (known: string) => Math.abs(number(known) - number(written));
	return KNOWN_VERSIONS.toSorted((a, b) => away(a) - away(b))[0];
}
