import { type IssuedCertificate, sha256Of } from "@rollcall/protocol";
import test from "ava";
import { COORDINATOR, MAX_OPERATOR_CERTIFICATES } from "../../src/domain/fleet.ts";
import { Story } from "./story.ts";

function certificate(name: string, serial: number): IssuedCertificate {
	const subject = `CN=${name}`;
	const numbered = serial.toString(16).padStart(4, "0");
	return { name, signer: "cluster", authority: sha256Of("ca"), serial: numbered, subject, notBefore: 0, notAfter: 9 };
}

test("the coordinator's newest certificate replaces the one before, and people's are remembered", (t) => {
	const story = new Story();
	const got = (by: string, name: string, serial: number) =>
		story.take({ kind: "operator-certificate", certificate: certificate(name, serial), by });
	got("t-anna", "kubeconfig", 1);
	got("t-anna", "kubeconfig", 2);
	for (let serial = 3; serial < 3 + 2 * MAX_OPERATOR_CERTIFICATES; serial++) got(COORDINATOR, "coordinator", serial);
	got(COORDINATOR, "another", 1);
	t.deepEqual(
		story.fleet.operatorCertificates.map(({ by, certificate: { name, serial } }) => `${by} ${name} ${serial}`),
		[
			"t-anna kubeconfig 0001",
			"t-anna kubeconfig 0002",
			`coordinator coordinator ${(2 + 2 * MAX_OPERATOR_CERTIFICATES).toString(16).padStart(4, "0")}`,
			"coordinator another 0001",
		],
	);
	t.is(story.all("operator-certificate-issued").length, 3 + 2 * MAX_OPERATOR_CERTIFICATES);
});
