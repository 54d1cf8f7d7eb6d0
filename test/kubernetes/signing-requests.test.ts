import { execFileSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { eventually } from "@rollcall/test-support/eventually";
import { testNeeding } from "@rollcall/test-support/needing";
import { ownFolder } from "@rollcall/test-support/own-folder";
import { debianFolders, debianPackages, kubernetes } from "@rollcall/test-support/part";
import { keepCluster } from "./keep-cluster.ts";
import { COMPONENTS, etcdParts, startControlPlane } from "./scene.ts";

const PATH = "/apis/certificates.k8s.io/v1/certificatesigningrequests";

interface Seen {
	readonly status?: { readonly certificate?: string; readonly conditions?: readonly { readonly type: string }[] };
}

const OPENSSL = ["openssl"];

/** A CertificateSigningRequest for a new key, which Debian's openssl makes. */
async function signingRequest(
	folder: string,
	asked: { name: string; signer: string; subject: string; names?: string },
): Promise<Record<string, unknown>> {
	const { name, signer, subject, names } = asked;
	const config = join(folder, "openssl.cnf");
	writeFileSync(config, "[req]\ndistinguished_name = names\n[names]\n");
	const [debian = ""] = await debianFolders(OPENSSL);
	const words = ["req", "-new", "-config", config, "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
	const more = names === undefined ? [] : ["-addext", `subjectAltName=${names}`];
	const pem = execFileSync(
		join(debian, "usr/bin/openssl"),
		[...words, "-keyout", join(folder, `${name}.key`), "-subj", subject, ...more],
		{ encoding: "utf8" },
	);
	const usages = ["digital signature", signer.endsWith("serving") ? "server auth" : "client auth"];
	const spec = { signerName: `kubernetes.io/${signer}`, usages, request: Buffer.from(pem).toString("base64") };
	return { apiVersion: "certificates.k8s.io/v1", kind: "CertificateSigningRequest", metadata: { name }, spec };
}

testNeeding(
	kubernetes(...COMPONENTS),
	...(await etcdParts()),
	await debianPackages(OPENSSL),
)("requests in a real API are signed by the coordinator, and its own API server believes what it signed", async (t) => {
	const running = await startControlPlane(t, COMPONENTS);
	const { api, scene } = running;
	const { tree, nodeName, identity } = scene;
	const admin = identity("super-admin");
	const pair = tree.at("/var/lib/kubelet/pki/kubelet-client-current.pem");
	const kubelet = { ca: admin.ca, cert: pair, key: pair };
	const user = `system:node:${nodeName}`;
	const folder = ownFolder(t);
	const ask = async (as: typeof admin, asked: Parameters<typeof signingRequest>[1]) => {
		const answer = await api(PATH, as, { method: "POST", body: await signingRequest(folder, asked) });
		t.is(answer.status, 201, answer.text);
	};
	const subject = `/O=system:nodes/CN=${user}`;
	await ask(kubelet, { name: "client", signer: "kube-apiserver-client-kubelet", subject });
	await ask(kubelet, { name: "serving", signer: "kubelet-serving", subject, names: `DNS:${nodeName}` });
	await ask(kubelet, { name: "stolen", signer: "kubelet-serving", subject, names: "DNS:kubernetes" });
	await ask(admin, { name: "person", signer: "kube-apiserver-client", subject: "/CN=student" });
	const recorded = await keepCluster(t, running);
	const seen = async (name: string) => JSON.parse((await api(`${PATH}/${name}`, admin)).text) as Seen;
	const signed = (name: string) =>
		eventually(
			`the certificate of ${name}`,
			async () => {
				const { certificate } = (await seen(name)).status ?? {};
				return certificate === undefined ? undefined : new X509Certificate(Buffer.from(certificate, "base64"));
			},
			60_000,
		);
	t.is((await signed("client")).subject, `O=system:nodes\nCN=${user}`);
	t.is((await signed("serving")).subjectAltName, `DNS:${nodeName}`);
	await eventually("the denial", async () =>
		(await seen("stolen")).status?.conditions?.some(({ type }) => type === "Denied"),
	);
	t.is((await seen("person")).status?.certificate, undefined);
	const status = { conditions: [{ type: "Approved", status: "True", reason: "ATest", message: "approved" }] };
	const type = "application/merge-patch+json";
	const approved = await api(`${PATH}/person/approval`, admin, { method: "PATCH", body: { status }, type });
	t.is(approved.status, 200, approved.text);
	t.is((await signed("person")).subject, "CN=student");
	t.true(recorded("operator-certificate-issued").some(({ by }) => by === user));
	t.false(tree.command("kube-controller-manager").some((word) => word.includes("cluster-signing")));
});
