import type { Node } from "./node.ts";
import { yamlText } from "./yaml-text.ts";

/** Requests that are too many and say too little: watches of system components and health checks. */
const SILENT = [
	{
		level: "None",
		users: ["system:kube-proxy"],
		verbs: ["watch"],
		resources: [{ group: "", resources: ["endpoints", "services"] }],
	},
	{
		level: "None",
		userGroups: ["system:nodes"],
		verbs: ["get", "watch"],
		resources: [{ group: "", resources: ["nodes", "nodes/status"] }],
	},
	{
		level: "None",
		resources: [
			{ group: "coordination.k8s.io", resources: ["leases"] },
			{ group: "", resources: ["events"] },
		],
	},
	{ level: "None", nonResourceURLs: ["/healthz*", "/livez*", "/readyz*", "/version", "/openapi/*"] },
];
/** Secrets never leave their place, not even into the log: metadata only. Then every change, and reads by metadata. */
const RECORDED = [
	{
		level: "Metadata",
		resources: [
			{ group: "", resources: ["secrets", "configmaps", "serviceaccounts/token"] },
			{ group: "authentication.k8s.io", resources: ["tokenreviews"] },
		],
	},
	{
		level: "Request",
		verbs: ["create", "update", "patch", "delete", "deletecollection"],
		resources: [{ group: "rbac.authorization.k8s.io" }],
	},
	{ level: "Metadata" },
];

/** The audit policy (audit.k8s.io Policy); undefined where nothing is recorded. */
export function auditPolicyText(node: Node): string | undefined {
	const { audit } = node.document.kubernetes;
	if (audit === "none") return undefined;
	const rules = audit === "metadata" ? [...SILENT, ...RECORDED] : audit.rules;
	return yamlText({ apiVersion: node.version.api.audit, kind: "Policy", omitStages: ["RequestReceived"], rules });
}

/** Admission: Pod Security at `baseline`, with warnings at `restricted`; the system's own namespace is exempt. */
export function admissionText(node: Node): string {
	return yamlText({
		apiVersion: node.version.api.admission,
		kind: "AdmissionConfiguration",
		plugins: [
			{
				name: "PodSecurity",
				configuration: {
					apiVersion: "pod-security.admission.config.k8s.io/v1",
					kind: "PodSecurityConfiguration",
					defaults: {
						enforce: "baseline",
						"enforce-version": "latest",
						audit: "restricted",
						"audit-version": "latest",
						warn: "restricted",
						"warn-version": "latest",
					},
					exemptions: { usernames: [], runtimeClasses: [], namespaces: ["kube-system"] },
				},
			},
		],
	});
}

/**
 * Who may speak: certificates and service accounts by arguments, people by OpenID Connect, and nobody anonymously but for
 * the three health paths, which kubelet's own probes need (AuthenticationConfiguration, `anonymous`).
 */
export function authenticationText(node: Node): string {
	return yamlText({
		apiVersion: node.version.api.authentication,
		kind: "AuthenticationConfiguration",
		anonymous: { enabled: true, conditions: [{ path: "/livez" }, { path: "/readyz" }, { path: "/healthz" }] },
		jwt: node.document.kubernetes.oidc.map((directory) => ({
			issuer: { url: directory.issuerUrl, audiences: [directory.clientId] },
			claimMappings: {
				username: { claim: directory.usernameClaim, prefix: directory.usernamePrefix },
				...(directory.groupsClaim === undefined
					? {}
					: { groups: { claim: directory.groupsClaim, prefix: directory.groupsPrefix } }),
			},
		})),
	});
}
