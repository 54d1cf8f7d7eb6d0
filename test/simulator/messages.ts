import type {
	Bye,
	Certify,
	CertifyReply,
	EnrollClaim,
	EnrollReply,
	Hello,
	HelloReply,
	Labels,
	Mac,
	MachineId,
	Report,
	ReportReply,
} from "@rollcall/protocol";

/** What comes from a machine, before the coordinator makes an input of it. */
export type Said =
	| { readonly kind: "token"; readonly labels: Labels; readonly mac: Mac | undefined }
	| { readonly kind: "enroll"; readonly claim: EnrollClaim }
	| { readonly kind: "hello"; readonly machineId: MachineId; readonly hello: Hello }
	| { readonly kind: "report"; readonly machineId: MachineId; readonly report: Report }
	| { readonly kind: "bye"; readonly machineId: MachineId; readonly bye: Bye }
	| { readonly kind: "certify"; readonly machineId: MachineId; readonly message: Certify };

/** What a machine gets back. */
export type Reply =
	| { readonly kind: "token"; readonly token: string }
	| { readonly kind: "enrolled"; readonly reply: EnrollReply }
	| HelloReply
	| ReportReply
	| CertifyReply;
