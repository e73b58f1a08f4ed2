/** The database that countermark lives in, made inside a new cluster by PostgreSQL's single-user mode. */
export const CREATE_DATABASE = "create database countermark";
