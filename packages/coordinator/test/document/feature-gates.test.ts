import test from "ava";
import { parseDocument } from "../../src/document/parse-document.ts";
import { missingGates } from "../../src/render/gate-dependencies.ts";
import { decidedGates, gateFault, knownGates } from "../../src/render/known-feature-gates.ts";
import { changed, testRefusals } from "./refusal.ts";

const gates = (text: string) => changed("kubernetes:\n", `kubernetes:\n  featureGates: { ${text} }\n`);
const AT = "kubernetes.featureGates";

testRefusals([
	[
		"a feature gate that is misspelt",
		gates("NodeSwop: true"),
		`${AT}.NodeSwop`,
		/has no feature gate NodeSwop/,
		/did you mean NodeSwap\?/,
	],
	[
		"a feature gate that begins with a small letter",
		gates("nodeSwap: true"),
		`${AT}.nodeSwap`,
		/has no feature gate nodeSwap/,
		/did you mean NodeSwap\?/,
	],
	["a feature gate that is nothing", gates("Zzyzx: true"), `${AT}.Zzyzx`, /has no feature gate/, /leave it out/],
	[
		"a feature gate that is gone",
		gates("IPv6DualStack: true"),
		`${AT}.IPv6DualStack`,
		/on for good since Kubernetes 1\.23, and later releases do not know it/,
		/leave it out/,
	],
	[
		"a feature gate of volumes of a cloud that is gone for years",
		gates("CSIMigrationAWS: true"),
		`${AT}.CSIMigrationAWS`,
		/on for good since Kubernetes 1\.25, and later releases do not know it/,
		/leave it out/,
	],
	[
		"a feature gate that was withdrawn",
		gates("DynamicAuditing: true"),
		`${AT}.DynamicAuditing`,
		/off for good since Kubernetes 1\.19/,
		/leave it out/,
	],
	[
		"a feature gate that went with the code it was for",
		gates("InTreePluginAWSUnregister: true"),
		`${AT}.InTreePluginAWSUnregister`,
		/InTreePluginAWSUnregister was removed in Kubernetes 1\.31/,
		/leave it out/,
	],
	[
		"a feature gate that was decided in 1.29 and is gone",
		gates("KMSv2: true"),
		`${AT}.KMSv2`,
		/on for good since Kubernetes 1\.29, and later releases do not know it/,
		/leave it out/,
	],
	[
		"a feature gate that is misspelt and gone",
		gates("sidecarContainer: true"),
		`${AT}.sidecarContainer`,
		/has no feature gate sidecarContainer/,
		/leave it out: SidecarContainers is on for good since Kubernetes 1\.33/,
	],
	[
		"a feature gate that is gone since the last releases",
		gates("SidecarContainers: true"),
		`${AT}.SidecarContainers`,
		/since Kubernetes 1\.33/,
		/leave it out/,
	],
	[
		"a feature gate without another that it needs",
		gates("GangScheduling: true"),
		`${AT}.GangScheduling`,
		/GangScheduling needs GenericWorkload, which is off by default; a component that is told so does not start/,
		/write GenericWorkload: true/,
	],
	[
		"a feature gate that is off while others that are on by default need it",
		gates("GracefulNodeShutdown: false, WindowsGracefulNodeShutdown: false"),
		`${AT}.GracefulNodeShutdown`,
		/GracefulNodeShutdownBasedOnPodPriority is on by default, and needs GracefulNodeShutdown/,
		/write GracefulNodeShutdownBasedOnPodPriority: false as well/,
	],
	[
		"a feature gate that can not be chosen any more",
		gates("InPlacePodVerticalScaling: false"),
		`${AT}.InPlacePodVerticalScaling`,
		/on for good since Kubernetes 1\.35; a component that is told otherwise/,
		/leave it out/,
	],
]);

test("what a release knows may be set, and what it does not know yet says when it comes", (t) => {
	// Every component knows these two, which stand for many; Kubernetes' list of features does not have them.
	t.true(parseDocument(gates("AllAlpha: false, AllBeta: true")).ok);
	t.true(parseDocument(gates("WatchList: false, InPlacePodVerticalScaling: true, ImageVolumeWithDigest: true")).ok);
	// Those of client-go are taken by every component as well.
	t.true(parseDocument(gates("WatchListClient: false, GangScheduling: true, GenericWorkload: true")).ok);
	t.is(gateFault("UserNamespacesPodSecurityStandards", true, "1.34"), undefined);
	t.is(gateFault("InPlacePodVerticalScaling", false, "1.34"), undefined);
	t.is(gateFault("WorkloadWithJob", true, "1.35"), "comes with Kubernetes 1.36");
	t.is(gateFault("WorkloadWithJob", true, "1.36"), undefined);
	t.is(
		gateFault("LegacySidecarContainers", true, "1.34"),
		"is off for good since Kubernetes 1.33, and later releases do not know it",
	);
});

test("a gate that others need may be off where they are off, too, and 1.34 does not look", (t) => {
	const off = { GracefulNodeShutdown: false };
	t.is(missingGates(off, "1.34").length, 0);
	t.is(missingGates(off, "1.35").length, 2);
	t.deepEqual(
		missingGates({ ...off, GracefulNodeShutdownBasedOnPodPriority: false, WindowsGracefulNodeShutdown: false }, "1.36"),
		[],
	);
	for (const minor of ["1.34", "1.35", "1.36"]) t.deepEqual(missingGates({}, minor), []);
});

test("what a gate needs is what its release looks for", (t) => {
	// In 1.36 user namespaces are on for good, and who says otherwise is told that.
	const off = { UserNamespacesSupport: false };
	t.deepEqual(missingGates(off, "1.35"), [{ gate: "ProcMountType", needs: "UserNamespacesSupport" }]);
	t.deepEqual(missingGates({ ...off, ProcMountType: false }, "1.35"), []);
	t.deepEqual(missingGates(off, "1.36"), []);
	t.deepEqual(missingGates({ DeclarativeValidation: false, DeclarativeValidationTakeover: true }, "1.35"), [
		{ gate: "DeclarativeValidationTakeover", needs: "DeclarativeValidation" },
	]);
	const hostNetwork = { UserNamespacesHostNetworkSupport: true, NodeDeclaredFeatures: false };
	t.deepEqual(missingGates(hostNetwork, "1.35"), []);
	const found = missingGates(hostNetwork, "1.36").map(({ gate, needs }) => `${gate}:${needs}`);
	t.true(found.includes("UserNamespacesHostNetworkSupport:NodeDeclaredFeatures"));
});

test("no word of the table is misread, and no decided gate is of a release to come", (t) => {
	const decided = decidedGates("1.36");
	t.true(decided.length > 200);
	t.is(new Set(decided).size, decided.length);
	for (const name of decided)
		t.regex(
			gateFault(name, true, "1.36") ?? gateFault(name, false, "1.36") ?? "",
			/(?:for good since|was removed in) Kubernetes 1\.\d\d?/,
			name,
		);
});

test("the table is read whole: each word is a gate, and none is there twice", (t) => {
	for (const minor of ["1.34", "1.35", "1.36"]) {
		const known = knownGates(minor);
		t.true(known.length > 150);
		t.is(new Set(known).size, known.length);
		for (const name of known) t.regex(name, /^[A-Z][A-Za-z0-9]+$/);
	}
});
