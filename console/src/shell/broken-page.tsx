import { Button } from '@mantine/core';
import type { ReactNode } from 'react';
import { Link, useRouteError } from 'react-router';
import { Page } from '../parts/page';
import { Empty, Problem } from '../parts/states';

/** A page that failed to load, or to draw. After an update of the server its files have other names: reload. */
export function BrokenPage(): ReactNode {
  const error = useRouteError();
  return (
    <Page title="This page does not work">
      <Problem
        error={error}
        retry={() => {
          location.reload();
        }}
      />
    </Page>
  );
}

export function NoPage(): ReactNode {
  return (
    <Page title="There is no such page">
      <Empty
        title="Nothing is here"
        text="The address may be old. Everything can be reached from the left, or by name with Ctrl K."
        action={
          <Button component={Link} to="/">
            To the home page
          </Button>
        }
      />
    </Page>
  );
}
