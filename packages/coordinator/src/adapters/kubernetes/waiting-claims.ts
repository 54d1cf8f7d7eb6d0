import type { CoreV1Api, StorageV1Api, V1PersistentVolumeClaim, V1StorageClass } from "@kubernetes/client-node";
import type { WaitingClaim } from "@rollcall/protocol";

/** Claims per answer, and answers that are looked at. */
const PAGE = 500;
const MOST_PAGES = 20;
/** Annotations that make a class the default one, and that name a claim's class: today's, and the one from before. */
const IS_DEFAULT = ["storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class"];
const CLASS_BEFORE = "volume.beta.kubernetes.io/storage-class";

/** Asks for classes and claims, and finds the claims that no provisioner will ever see. Sorted by namespace and name. */
export async function waitingClaims(
	core: Pick<CoreV1Api, "listPersistentVolumeClaimForAllNamespaces">,
	storage: Pick<StorageV1Api, "listStorageClass">,
): Promise<readonly WaitingClaim[]> {
	const { items: classes } = await storage.listStorageClass({ limit: PAGE });
	const waiting: WaitingClaim[] = [];
	let from: string | undefined;
	for (let page = 0; page < MOST_PAGES; page++) {
		const { items, metadata } = await core.listPersistentVolumeClaimForAllNamespaces({
			limit: PAGE,
			...(from ? { _continue: from } : {}),
		});
		waiting.push(...items.flatMap((claim) => waitsForNobody(claim, classes)));
		from = metadata?._continue;
		if (!from) break;
	}
	const key = ({ namespace, name }: WaitingClaim) => `${namespace}/${name}`;
	return waiting.sort((a, b) => (key(a) < key(b) ? -1 : 1));
}

// A claim with the empty class waits for a volume that a person makes; one whose class is there is the provisioner's matter.
function waitsForNobody(
	{ metadata, spec, status }: V1PersistentVolumeClaim,
	classes: readonly V1StorageClass[],
): WaitingClaim[] {
	if (status?.phase !== "Pending" || metadata?.deletionTimestamp || spec?.volumeName) return [];
	const { namespace = "", name = "" } = metadata ?? {};
	const wanted = metadata?.annotations?.[CLASS_BEFORE] ?? spec?.storageClassName;
	if (wanted === undefined) return classes.some(isDefault) ? [] : [{ namespace, name }];
	if (wanted === "" || classes.some((one) => one.metadata?.name === wanted)) return [];
	return [{ namespace, name, storageClass: wanted }];
}

function isDefault({ metadata }: V1StorageClass): boolean {
	return IS_DEFAULT.some((annotation) => metadata?.annotations?.[annotation] === "true");
}
