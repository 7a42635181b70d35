import { useRef, useState, type ReactNode } from 'react';
import { Field } from '../../ui/field.tsx';
import { isFromHere } from './copied-here.ts';
import { type Comparison, compareFingerprint } from './fingerprint.ts';

interface CompareFieldProps {
  readonly label: string;
  readonly placeholder: string;
  /** The key's own fingerprint. */
  readonly own: string;
  readonly hint: ReactNode;
  readonly words: { readonly equal: string; readonly different: string; readonly here: string; readonly md5: string };
  readonly value: string;
  readonly onChange: (value: string, comparison: Comparison) => void;
  readonly autoFocus?: boolean;
}

/** A line to paste a fingerprint into. What was copied in this window does not count, until something from outside takes its place. */
export function CompareField({ label, placeholder, own, hint, words, value, onChange, autoFocus }: CompareFieldProps) {
  const tainted = useRef(false);
  const inserted = useRef<{ readonly text: string; readonly fromHere: boolean } | null>(null);
  const [comparison, setComparison] = useState<Comparison>('empty');
  const change = (text: string): void => {
    const last = inserted.current;
    inserted.current = null;
    if (text.trim() === '') tainted.current = false;
    else if (last?.fromHere) tainted.current = true;
    // What came from outside took the place of all that was there.
    else if (last !== null && text.trim() === last.text) tainted.current = false;
    const result = compareFingerprint(own, text, tainted.current);
    setComparison(result);
    onChange(text, result);
  };
  const insert = (data: DataTransfer | null): void => {
    const text = (data?.getData('text/plain') ?? '').replaceAll(/[\r\n]/g, '').trim();
    inserted.current = { text, fromHere: isFromHere(data) };
  };
  const problem = { different: words.different, here: words.here, md5: words.md5 };
  return (
    <Field
      label={label}
      placeholder={placeholder}
      mono
      value={value}
      hint={hint}
      good={comparison === 'equal' ? words.equal : undefined}
      problem={comparison in problem ? problem[comparison as keyof typeof problem] : undefined}
      data-autofocus={autoFocus ? '' : undefined}
      autoFocus={autoFocus}
      onPaste={(event) => insert(event.clipboardData)}
      onDrop={(event) => insert(event.dataTransfer)}
      onChange={(event) => change(event.target.value)}
    />
  );
}
