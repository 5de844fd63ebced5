//! Helm's release record: the Secret that holds one revision, read and written as Helm's Secret storage driver
//! does. Knows no cluster; who wants a record finds the Secret first.
