import type { ReactNode } from 'react';
import { Page } from '../../parts/page';
import { Attention } from './attention';
import { CARDS } from './cards';
import { Checklist } from './checklist';

export function Component(): ReactNode {
  return (
    <Page title="Home">
      <div className="tiles">
        {CARDS.map((HomeCard, index) => (
          <HomeCard key={index} />
        ))}
      </div>
      <Checklist />
      <Attention />
    </Page>
  );
}
