import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsBoolean,
  IsString,
  Length,
  MaxLength,
  MinLength,
  ValidateNested,
} from 'class-validator';
import {
  CREDIT_NOTE_REASONS,
  CREDIT_NOTE_STATUSES,
  type CreditNoteReason,
} from '../domain/invoicing/credit-notes.js';
import { IsDecimalValue, IsStringMap, IsWord, Optional } from '../platform/http/fields.js';
import { ListRequest } from '../platform/http/list-query.js';

export class CreateCreditNoteLineItemRequest {
  @IsString()
  @MinLength(1)
  invoice_line_item_id!: string;

  /** Decimal in major units, the line's tax with it. */
  @IsDecimalValue({ moreThan: '0' })
  amount!: string;

  @Optional()
  @IsString()
  @MaxLength(500)
  display_name?: string;

  @Optional()
  @IsStringMap()
  metadata?: Record<string, string>;
}

export class CreateCreditNoteRequest {
  @IsString()
  @MinLength(1)
  invoice_id!: string;

  @IsWord(CREDIT_NOTE_REASONS)
  reason!: CreditNoteReason;

  /** What of which line is credited; everything that is left of the invoice, when left out. */
  @Optional()
  @IsArray()
  @ArrayMaxSize(1000)
  @ValidateNested({ each: true })
  @Type(() => CreateCreditNoteLineItemRequest)
  line_items?: CreateCreditNoteLineItemRequest[];

  /** The next of the month, `CN-YYYYMM-00001`, when left out. */
  @Optional()
  @IsString()
  @MinLength(1)
  @MaxLength(100)
  credit_note_number?: string;

  @Optional()
  @IsString()
  @MaxLength(2000)
  memo?: string;

  /** The same key again answers the note that it has made. */
  @Optional()
  @Length(1, 255)
  idempotency_key?: string;

  @Optional()
  @IsStringMap()
  metadata?: Record<string, string>;

  /** False: it stays a draft until it is finalized. */
  @Optional()
  @IsBoolean()
  process_credit_note?: boolean;
}

export class ListCreditNotesQuery extends ListRequest {
  @Optional()
  @IsString()
  invoice_id?: string;

  @Optional()
  @IsString()
  customer_id?: string;

  @Optional()
  @IsWord(CREDIT_NOTE_STATUSES)
  credit_note_status?: string;

  @Optional()
  @IsWord(['ADJUSTMENT', 'REFUND'])
  credit_note_type?: string;
}
