import type Type from 'typebox';
import type { AdoptionShape } from '../admin/shapes/adoption.ts';
import type { AuditLineShape } from '../admin/shapes/audit.ts';
import type { BulkResultShape } from '../admin/shapes/bulk.ts';
import type { PlanShape } from '../admin/shapes/plan.ts';
import type { CertificateShape, PublicationShape, RecordsShape } from '../admin/shapes/standing.ts';
import type {
  ChangeShape,
  EffectShape,
  PolicyShape,
  RevisionShape,
  TenantShape,
  TenantSummaryShape,
} from '../admin/shapes/tenant.ts';
import type { MintedShape, TokenShape } from '../admin/shapes/token.ts';

// What the admin API tells, by its own schemas.

export type ToldPolicy = Type.Static<typeof PolicyShape>;
export type ToldTenant = Type.Static<typeof TenantShape>;
export type ToldSummary = Type.Static<typeof TenantSummaryShape>;
export type ToldRevision = Type.Static<typeof RevisionShape>;
export type ToldEffect = Type.Static<typeof EffectShape>;
export type ToldChange = Type.Static<typeof ChangeShape>;
export type ToldToken = Type.Static<typeof TokenShape>;
export type MintedToken = Type.Static<typeof MintedShape>;
export type ToldPublication = Type.Static<typeof PublicationShape>;
export type ToldCertificate = Type.Static<typeof CertificateShape>;
export type ToldRecords = Type.Static<typeof RecordsShape>;
export type ToldAuditLine = Type.Static<typeof AuditLineShape>;
export type ToldBulkResult = Type.Static<typeof BulkResultShape>;
export type ToldAdoption = Type.Static<typeof AdoptionShape>;
export type ToldPlan = Type.Static<typeof PlanShape>;
